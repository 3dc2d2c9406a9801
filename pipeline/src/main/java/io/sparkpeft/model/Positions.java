package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import java.util.Map;
import java.util.Optional;

/**
 * Where the tokens of a pass stand in their texts.
 *
 * @param ids int64 [tokens]
 * @param turning cosines and sines of those positions, for each way to turn that a layer has
 * @param still the same for layers that turn nothing: of no features
 */
record Positions(NDArray ids, Map<Rotary, RotaryTensors> turning, RotaryTensors still) {

  RotaryTensors rotary(Optional<Rotary> rotary) {
    return rotary.map(turning::get).orElse(still);
  }
}
