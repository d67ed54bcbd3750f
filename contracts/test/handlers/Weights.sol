// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

import {AnswerHandler} from "./AnswerHandler.sol";
import {EndHandler} from "./EndHandler.sol";
import {MarketHandler} from "./MarketHandler.sol";
import {MoneyHandler} from "./MoneyHandler.sol";
import {PanelHandler} from "./PanelHandler.sol";

/// @dev How often the handlers act in relation to each other: what leads to deep states comes up more often.
function weights() pure returns (bytes4[] memory list) {
    bytes4[25] memory each = [
        MoneyHandler.post.selector,
        MoneyHandler.topUp.selector,
        MoneyHandler.close.selector,
        MoneyHandler.join.selector,
        MoneyHandler.quit.selector,
        MoneyHandler.reclaim.selector,
        MoneyHandler.withdraw.selector,
        MoneyHandler.changeMood.selector,
        MoneyHandler.mine.selector,
        MoneyHandler.forgetHashes.selector,
        MoneyHandler.waitForAnEnd.selector,
        MarketHandler.goOn.selector,
        MarketHandler.goOnWithSeats.selector,
        PanelHandler.announce.selector,
        PanelHandler.draw.selector,
        PanelHandler.deliver.selector,
        PanelHandler.release.selector,
        PanelHandler.share.selector,
        AnswerHandler.commit.selector,
        AnswerHandler.reveal.selector,
        AnswerHandler.request.selector,
        AnswerHandler.answer.selector,
        EndHandler.expire.selector,
        EndHandler.settleSeat.selector,
        EndHandler.revealPlant.selector
    ];
    uint8[25] memory times = [2, 1, 1, 2, 2, 2, 3, 1, 1, 1, 1, 40, 8, 8, 6, 1, 2, 2, 5, 3, 4, 5, 5, 3, 3];
    uint256 count;
    for (uint256 i; i < each.length; ++i) {
        count += times[i];
    }
    list = new bytes4[](count);
    for (uint256 i; i < each.length; ++i) {
        for (uint256 j; j < times[i]; ++j) {
            list[--count] = each[i];
        }
    }
}
