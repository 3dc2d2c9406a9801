package io.sparkpeft.train;

import io.sparkpeft.train.TrainEvents.StepEvent;

/** Tokens per second of training alone, once the first steps have warmed everything up. */
final class Throughput {
  private static final int WARM_UP_STEPS = 3;

  private int steps;
  private final Part warmUp = new Part();
  private final Part rest = new Part();

  private static final class Part {
    private double seconds;
    private long tokens;
    private long targetTokens;

    private void add(StepEvent step) {
      seconds += step.seconds();
      tokens += step.tokens();
      targetTokens += step.targetTokens();
    }
  }

  void add(StepEvent step) {
    (steps < WARM_UP_STEPS ? warmUp : rest).add(step);
    steps++;
  }

  double tokensPerSecond() {
    return rate(measured().tokens);
  }

  double targetTokensPerSecond() {
    return rate(measured().targetTokens);
  }

  double seconds() {
    return warmUp.seconds + rest.seconds;
  }

  private Part measured() {
    return steps > WARM_UP_STEPS ? rest : warmUp;
  }

  private double rate(long tokens) {
    return steps == 0 ? 0 : tokens / measured().seconds;
  }
}
