package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.Request;
import io.sparkpeft.spark.TaskOutcome;
import io.sparkpeft.spark.telemetry.Count;
import io.sparkpeft.spark.telemetry.RunEvent;
import java.util.List;
import java.util.function.Consumer;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Spreads requests over the executors and gathers the answers. */
record RequestScoring(
    SparkSession spark, EvaluateSettings settings, RunFacts facts, Consumer<RunEvent> watcher) {

  Answers score(List<Request> requests) {
    if (requests.isEmpty()) {
      return new Answers(List.of());
    }
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    ModelSpec spec =
        ModelSpec.of(
            settings.model(), settings.adapter(), settings.dtype(), settings.quantization());
    List<RequestBatch> batches = RequestBatch.cut(requests, settings.batchSize());
    // One partition per slot: each executor then loads the model once.
    List<List<RequestBatch>> hands = RequestBatch.deal(batches, context.defaultParallelism());
    context.setJobDescription("evaluate " + requests.size() + " requests");
    String runId = facts.key().runId();
    try (Count count = Count.open(runId, "requests", requests.size(), watcher)) {
      List<ScoredRequest> answers =
          TaskOutcome.gathered(
              context
                  .parallelize(hands, hands.size())
                  .mapPartitions(new ScoreRequests(spec, facts.variants(), count.counter()))
                  .collect());
      count.finish();
      return Answers.sorted(answers);
    }
  }
}
