package io.sparkpeft.optim;

import io.sparkpeft.weights.NamedTensor;
import java.util.List;

/**
 * All that an optimizer remembers between steps: restored, it goes on bit for bit.
 *
 * @param steps optimizer steps taken so far
 * @param tensors flat, by {@code <kind>.<parameter>}: with torch's names exp_avg, exp_avg_sq and
 *     momentum_buffer in fp32; with bitsandbytes' names state1 and state2 in uint8 and absmax1 and
 *     absmax2 in fp32, beside its qmap1 and qmap2
 */
public record OptimizerState(long steps, List<NamedTensor> tensors) {
  public OptimizerState {
    tensors = List.copyOf(tensors);
  }
}
