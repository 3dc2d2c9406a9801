package io.sparkpeft.train;

import java.util.OptionalDouble;

/**
 * What came of a run, as one rank saw it.
 *
 * @param steps optimizer steps of the whole run
 * @param lossFirst mean loss (nats per target) of the run's first step
 * @param lossLast of its last
 * @param validationLoss after the last step, if examples were held back
 * @param tokens trained on in the whole run by all ranks, without padding, repetitions counted
 * @param targetTokens of these
 * @param tokensPerSecond of all ranks, over the steps of this attempt after its third (over all of
 *     them if there are no more than three; 0 if there was none): wall time of the steps alone
 * @param targetTokensPerSecond likewise
 * @param microBatches computed by this rank in this attempt
 * @param bytesSent by this rank in this attempt
 * @param resumedFromStep steps taken by earlier attempts; 0 for a run in one piece
 * @param trainingSeconds wall time of this attempt's steps
 * @param peakMemoryBytes the process's largest resident memory during this attempt; 0 if unknown
 * @param adapterSha256 over the trained tensors' names and values, the same on all ranks
 */
public record TrainResult(
    long steps,
    double lossFirst,
    double lossLast,
    OptionalDouble validationLoss,
    long tokens,
    long targetTokens,
    double tokensPerSecond,
    double targetTokensPerSecond,
    long microBatches,
    long bytesSent,
    long resumedFromStep,
    double trainingSeconds,
    long peakMemoryBytes,
    String adapterSha256) {}
