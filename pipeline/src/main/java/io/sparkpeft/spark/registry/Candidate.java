package io.sparkpeft.spark.registry;

import io.sparkpeft.spark.registry.AdapterVersion.GateNote;
import io.sparkpeft.spark.registry.AdapterVersion.Stage;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * An adapter that is to become a version.
 *
 * @param gate how it stood with its gate
 * @param scores its newest, by {@code task.metric}
 */
public record Candidate(AdapterIdentity adapter, GateNote gate, Map<String, Double> scores) {

  public Candidate {
    scores = Map.copyOf(scores);
  }

  /** Not promoted by any run yet. */
  AdapterVersion version(String name, long number) {
    return new AdapterVersion(
        name, number, Stage.ARCHIVED, adapter, gate, scores, List.of(), Instant.EPOCH);
  }
}
