package io.sparkpeft.optim;

/** torch's updates of one tensor as its documentation states them, in double. */
final class OptimizerTwin {
  private final double[] mean;
  private final double[] meanOfSquares;
  private int steps;

  OptimizerTwin(int size) {
    this.mean = new double[size];
    this.meanOfSquares = new double[size];
  }

  void adamW(
      double[] p, float[] g, double rate, double decay, double beta1, double beta2, double eps) {
    steps++;
    for (int i = 0; i < p.length; i++) {
      p[i] -= rate * decay * p[i];
      mean[i] = beta1 * mean[i] + (1 - beta1) * g[i];
      meanOfSquares[i] = beta2 * meanOfSquares[i] + (1 - beta2) * g[i] * g[i];
      double correctedMean = mean[i] / (1 - Math.pow(beta1, steps));
      double correctedSquares = meanOfSquares[i] / (1 - Math.pow(beta2, steps));
      p[i] -= rate * correctedMean / (Math.sqrt(correctedSquares) + eps);
    }
  }

  void sgd(double[] p, float[] g, double rate, double decay, double momentum) {
    steps++;
    for (int i = 0; i < p.length; i++) {
      double direction = g[i] + decay * p[i];
      mean[i] = steps == 1 ? direction : momentum * mean[i] + direction;
      p[i] -= rate * mean[i];
    }
  }
}
