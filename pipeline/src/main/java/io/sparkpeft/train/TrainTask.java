package io.sparkpeft.train;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.collective.Collective;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.optim.ParameterGroup;
import io.sparkpeft.optim.StateMemory;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/**
 * One rank's part of a training run. Settings, data, adapter and checkpoint are the same on every
 * rank; only the collective, the workers and the events are its own.
 *
 * @param adapter what is trained, in place
 * @param groups which of its tensors are trained, and at which rates; see {@link
 *     ParameterGroup#single}
 * @param stateMemory where the optimizer's state lies
 * @param gradients computes micro-batches; called by {@code workers} threads at once
 * @param training examples to train on, each with at least one target
 * @param validation examples to watch the loss on
 * @param collective the ranks; the caller closes it, also to end a run that failed elsewhere
 * @param workers threads that compute micro-batches, each on one core
 * @param checkpoints where rank 0 saves; empty for none
 * @param resumeFrom the checkpoint to go on from, as {@link CheckpointStore#latest} chose it for
 *     all ranks
 * @param interruption asked between steps whether to stop at once
 */
public record TrainTask(
    TrainSettings settings,
    Adapter adapter,
    List<ParameterGroup> groups,
    StateMemory stateMemory,
    GradientSource gradients,
    TokenFile training,
    Optional<Validation> validation,
    Collective collective,
    int workers,
    Optional<CheckpointStore> checkpoints,
    Optional<Path> resumeFrom,
    TrainEvents events,
    BooleanSupplier interruption) {

  public TrainTask {
    groups = List.copyOf(groups);
    if (training.size() == 0) {
      throw TrainErrors.nothingToTrainOn();
    }
    if (workers < 1) {
      throw new IllegalArgumentException(workers + " workers");
    }
    if (resumeFrom.isPresent() && checkpoints.isEmpty()) {
      throw new IllegalArgumentException("a store is needed to resume from " + resumeFrom.get());
    }
  }
}
