package io.sparkpeft.train;

import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.adapter.AdapterParameter;
import io.sparkpeft.data.TokenBatch;
import java.util.Arrays;

/**
 * A language model small enough to differentiate by hand: the logits of the next token are B A's
 * column of the token before it, with A [r, V] and B [V, r] as in LoRA.
 */
final class BigramModel implements GradientSource {
  private final Adapter adapter;
  private final int vocabulary;
  private final int rank;

  BigramModel(Adapter adapter, int vocabulary, int rank) {
    this.adapter = adapter;
    this.vocabulary = vocabulary;
    this.rank = rank;
  }

  /** One with a new adapter of rank 3 for the tokens of {@link Lessons}. */
  static Rehearsal.Student student(long seed) {
    PairAdapter adapter = new PairAdapter(Lessons.VOCABULARY, 3, seed);
    BigramModel model = new BigramModel(adapter, Lessons.VOCABULARY, 3);
    return new Rehearsal.Student(adapter, model, model::loss);
  }

  @Override
  public double lossAndGradient(
      TokenBatch batch, double lossScale, long dropoutSeed, float[] gradient) {
    AdapterParameter a = adapter.parameters().get(0);
    AdapterParameter b = adapter.parameters().get(1);
    float[] aValues = a.value().toFloatArray();
    float[] bValues = b.value().toFloatArray();
    double[] sum = new double[gradient.length];
    double loss = 0;
    for (int cell = 0; cell < batch.tokens().length; cell++) {
      if (batch.targets()[cell]) {
        int before = batch.tokens()[cell - 1];
        double[] p = probabilities(aValues, bValues, before);
        int target = batch.tokens()[cell];
        loss -= Math.log(p[target]);
        p[target] -= 1;
        for (int v = 0; v < vocabulary; v++) {
          for (int k = 0; k < rank; k++) {
            sum[a.offset() + k * vocabulary + before] += p[v] * bValues[v * rank + k];
            sum[b.offset() + v * rank + k] += p[v] * aValues[k * vocabulary + before];
          }
        }
      }
    }
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] = (float) (sum[i] * lossScale);
    }
    return loss;
  }

  double loss(TokenBatch batch) {
    return lossAndGradient(batch, 0, 0, new float[adapter.parameterCount()]);
  }

  private double[] probabilities(float[] a, float[] b, int before) {
    double[] p = new double[vocabulary];
    for (int v = 0; v < vocabulary; v++) {
      for (int k = 0; k < rank; k++) {
        p[v] += (double) b[v * rank + k] * a[k * vocabulary + before];
      }
      p[v] = Math.exp(p[v]);
    }
    double total = Arrays.stream(p).sum();
    return Arrays.stream(p).map(value -> value / total).toArray();
  }
}
