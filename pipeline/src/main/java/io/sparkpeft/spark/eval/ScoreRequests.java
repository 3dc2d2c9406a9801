package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.Request;
import io.sparkpeft.eval.RequestEncoder;
import io.sparkpeft.eval.TokenizedRequest;
import io.sparkpeft.model.Continuation;
import io.sparkpeft.model.Likelihoods;
import io.sparkpeft.model.LogLikelihood;
import io.sparkpeft.spark.TaskOutcome;
import io.sparkpeft.spark.telemetry.Count.Counter;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.function.FlatMapFunction;

/** What a Spark task does: it answers its batches with the executor's model. */
final class ScoreRequests
    implements FlatMapFunction<Iterator<List<RequestBatch>>, TaskOutcome<List<ScoredRequest>>> {
  private final ModelSpec spec;
  private final EnumSet<Variant> variants;
  private final Counter counter;

  ScoreRequests(ModelSpec spec, EnumSet<Variant> variants, Counter counter) {
    this.spec = spec;
    this.variants = variants;
    this.counter = counter;
  }

  @Override
  public Iterator<TaskOutcome<List<ScoredRequest>>> call(Iterator<List<RequestBatch>> hands)
      throws Exception {
    return List.of(TaskOutcome.of(() -> score(hands))).iterator();
  }

  private List<ScoredRequest> score(Iterator<List<RequestBatch>> hands) {
    List<ScoredRequest> scored = new ArrayList<>();
    try (SharedModel shared = SharedModel.enter(spec)) {
      RequestEncoder encoder = shared.model().requestEncoder();
      while (hands.hasNext()) {
        for (RequestBatch batch : hands.next()) {
          score(shared.model(), encoder, batch, scored);
          counter.add(batch.requests().size());
        }
      }
    }
    return scored;
  }

  private void score(
      LoadedModel model, RequestEncoder encoder, RequestBatch batch, List<ScoredRequest> scored) {
    List<TokenizedRequest> tokenized = batch.requests().stream().map(encoder::encode).toList();
    List<Continuation> continuations =
        tokenized.stream().map(r -> new Continuation(r.tokens(), r.from())).toList();
    for (Variant variant : variants) {
      List<LogLikelihood> answers =
          Likelihoods.score(model.decoder(), variant.adapter(model), continuations);
      for (int i = 0; i < answers.size(); i++) {
        requireFinite(batch.requests().get(i), answers.get(i));
        scored.add(answer(batch.indexes().get(i), variant, tokenized.get(i), answers.get(i)));
      }
    }
  }

  private static ScoredRequest answer(
      int index, Variant variant, TokenizedRequest request, LogLikelihood answer) {
    return new ScoredRequest(
        index,
        variant,
        request.contextTokens(),
        request.continuationTokens(),
        request.cutTokens(),
        answer.sum(),
        answer.greedy());
  }

  private static void requireFinite(Request request, LogLikelihood answer) {
    if (!Double.isFinite(answer.sum())) {
      throw SparkEvalErrors.notFinite(request, answer.sum());
    }
  }
}
