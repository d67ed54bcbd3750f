// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// A little of everything that the chain tests look at; Board.json is this file compiled with
/// solc 0.8, optimizer on (200 runs), evmVersion cancun, bytecodeHash none.
contract Board {
    struct Model {
        address contributor;
        uint64 announcedAt;
        uint256 bond;
        bytes32 digest;
        uint256 evaluations;
        uint256 total;
    }

    error BondTooLow(uint256 offered, uint256 least);

    event Announced(uint256 indexed model, address indexed contributor, bytes cid);
    event Evaluated(uint256 indexed model, address indexed verifier, uint256 fitness);
    event Drawn(uint256 prevrandao, bytes32 previousBlock, uint256 timestamp, uint256 chain, uint256 price);

    Model[] public models;
    mapping(uint256 => mapping(address => uint256)) public fitnessOf;

    function announce(bytes calldata cid) external payable returns (uint256 id) {
        if (msg.value == 0) revert BondTooLow(msg.value, 1);
        id = models.length;
        models.push(Model(msg.sender, uint64(block.timestamp), msg.value, keccak256(cid), 0, 0));
        emit Announced(id, msg.sender, cid);
    }

    function evaluate(uint256 id, uint256 fitness) external {
        Model storage model = models[id];
        fitnessOf[id][msg.sender] = fitness;
        model.evaluations += 1;
        model.total += fitness;
        emit Evaluated(id, msg.sender, fitness);
    }

    /// Clears storage, so that it earns a gas refund, and pays the bond back.
    function takeBack(uint256 id) external {
        uint256 bond = models[id].bond;
        delete models[id];
        (bool paid,) = msg.sender.call{value: bond}("");
        require(paid);
    }

    function draw() external {
        emit Drawn(block.prevrandao, blockhash(block.number - 1), block.timestamp, block.chainid, tx.gasprice);
    }

    function spin() external {
        while (true) models.push();
    }

    function whoCalls() external view returns (address, uint256) {
        return (msg.sender, block.timestamp);
    }

    function refuse(uint256 offered) external pure {
        revert BondTooLow(offered, 7);
    }
}
