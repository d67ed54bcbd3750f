// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// @dev The margin of an evaluation that measured nothing, because the verifier could not open or rebuild the model or
///      found it to be a copy of an earlier one. It lies below every MAFR, so that `margin > mafrBps` counts it as a vote
///      against. It is no amount: leave it out of means.
int256 constant NO_MEASUREMENT = type(int16).min;

/// @title Who is rewarded, and how much: the part of a market that a mechanism designer replaces
/// @notice A task names its rule when it is posted. Once a quorum of evaluations is counted, the market asks the rule
///         once and settles the model by the answer.
///
///         What the market guarantees:
///         - `margins` holds one entry for each counted evaluation and at least the task's quorum of them: fitness
///           minus reference in basis points, −10,000 to 10,000, or NO_MEASUREMENT. Seats that did not report are not
///           there.
///         - `mafrBps` lies within −10,000 to 10,000, `modelReward` is below 2^128 and is reserved for this model.
///         - The call is a STATICCALL with 200,000 gas + 10,000 for each margin: no write, event, creation or payment is
///           possible, neither in the rule nor in what it calls.
///         - At most `modelReward` is paid, whatever `amount` says. If `rewarded` is false, `amount` is ignored.
///         - The call may fail: if it reverts, runs out of gas, or answers other than two words of which the first is
///           exactly 0 or 1, the model is Void. Its verifiers keep their fees, its contributor gets nothing, and what is
///           left of its reservation goes back to the task. No other task notices.
///
///         What a rule must not assume:
///         - that its caller is a market. Anyone may ask it anything, with any numbers;
///         - an order of the margins that means anything: it is that of the seats, which a lottery gave out;
///         - whose evaluation a margin is, or which model it is about. A rule that needs to know is outside this
///           interface;
///         - that the market's own views, read during the call, show the model as settled;
///         - that it is asked at a certain time. A rule that reads the clock, a block or another contract lets whoever
///           sends the transaction choose among its answers.
///
///         Initiators: the rule is part of the terms. Contributors: read it before you train, since a rule whose code can
///         change its mind (by way of storage, a proxy or a call) may do so after you announced.
interface IRewardRule {
    /// @notice Decide about one model.
    /// @param mafrBps the task's minimum acceptable fitness rate in basis points, signed
    /// @param modelReward wei that the task reserved for the model's contributor
    /// @param margins fitness minus reference of each counted evaluation in basis points, or NO_MEASUREMENT
    /// @return rewarded whether the model is Rewarded rather than Rejected
    /// @return amount wei for its contributor; the market pays at most `modelReward`
    function decide(int256 mafrBps, uint256 modelReward, int256[] calldata margins)
        external
        view
        returns (bool rewarded, uint256 amount);
}
