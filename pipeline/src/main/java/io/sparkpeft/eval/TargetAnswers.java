package io.sparkpeft.eval;

import java.util.List;
import java.util.Optional;

/** Log-likelihoods of a token table's targets, record by record: the task perplexity's answers. */
public record TargetAnswers(List<TargetAnswer> records) implements TaskAnswers {

  /**
   * @param sample the record's index in the token table
   * @param targets tokens that were scored
   * @param logLikelihood their sum, in nats
   */
  public record TargetAnswer(long sample, int targets, double logLikelihood) {}

  public TargetAnswers {
    records = List.copyOf(records);
  }

  @Override
  public Optional<PairedDifference> differenceFrom(TaskAnswers first, String metric) {
    if (!(first instanceof TargetAnswers other) || !asks().equals(other.asks())) {
      return Optional.empty();
    }
    return Perplexity.difference(metric, other.logLikelihoods(), logLikelihoods(), targets());
  }

  private record Asked(long sample, int targets) {}

  private List<Asked> asks() {
    return records.stream().map(r -> new Asked(r.sample(), r.targets())).toList();
  }

  private double[] logLikelihoods() {
    return records.stream().mapToDouble(TargetAnswer::logLikelihood).toArray();
  }

  private long[] targets() {
    return records.stream().mapToLong(TargetAnswer::targets).toArray();
  }
}
