"""What fusion is compared with: federated averaging, late fusion, a ridge readout."""
