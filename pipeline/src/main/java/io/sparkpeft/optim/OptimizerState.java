package io.sparkpeft.optim;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * All that an optimizer remembers between steps: restored, it goes on bit for bit.
 *
 * @param steps optimizer steps taken so far
 * @param moments flat fp32 values by {@code <moment>.<parameter>}, with torch's names for the
 *     moments: exp_avg, exp_avg_sq, momentum_buffer
 */
public record OptimizerState(long steps, SortedMap<String, float[]> moments) {
  public OptimizerState {
    moments = Collections.unmodifiableSortedMap(new TreeMap<>(moments));
  }
}
