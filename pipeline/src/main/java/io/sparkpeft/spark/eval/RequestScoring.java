package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.Request;
import io.sparkpeft.spark.TaskOutcome;
import java.util.List;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.SparkSession;

/** Spreads requests over the executors and gathers the answers. */
record RequestScoring(SparkSession spark, EvaluateSettings settings, RunFacts facts) {

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
    return Answers.sorted(
        TaskOutcome.gathered(
            context
                .parallelize(hands, hands.size())
                .mapPartitions(new ScoreRequests(spec, facts.variants()))
                .collect()));
  }
}
