"""What a computing contributor does, stage by stage; ``computing_contributor`` puts it together."""
