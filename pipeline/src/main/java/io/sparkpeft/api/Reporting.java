package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.report.RunReport;
import io.sparkpeft.spark.eval.ComparedScore;
import io.sparkpeft.spark.eval.SampleAnswer;
import io.sparkpeft.spark.eval.ScoreGate;
import io.sparkpeft.spark.eval.StoredScores;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.spark.table.TokenTable;
import io.sparkpeft.spark.telemetry.TrainRun;
import io.sparkpeft.spark.telemetry.TrainRunsTable;
import io.sparkpeft.spark.telemetry.TrainStep;
import io.sparkpeft.spark.telemetry.TrainStepsTable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;

/**
 * What the tables know of a run, as a page. It tells what they hold now, so it is made anew every
 * time, also under the name of an earlier one.
 */
record Reporting(SparkSession session, JobEvents events) {
  static final String PAGE = "report.html";

  private static final int ANSWERS_OF_EACH_TASK = 4;

  Reported run(Recipe recipe) {
    long start = System.nanoTime();
    String runId = recipe.reportedRunId();
    String root = recipe.tables().root();
    TrainRun run = new TrainRunsTable(session, root).run(runId);
    List<ComparedScore> scores = scores(root, run);
    RunReport report =
        new RunReport(
            run,
            new TrainStepsTable(session, root).steps(runId),
            TokenTable.summary(session, run.tokenTable(), run.tokenTableVersion()),
            scores,
            answers(root, run, scores),
            run.adapterSha256().flatMap(sha -> ScoreGate.newestOf(session, root, sha)),
            results(recipe.report().folders()),
            root);
    ResultFolder folder = ResultFolder.of(Job.REPORT, recipe);
    folder.replace(PAGE, bytes(report));
    events.accept("The report is in " + folder.location(PAGE) + ".");
    ObjectNode result = result(folder, report, start);
    folder.replace(ResultFolder.RESULT, Json.canonicalBytes(result));
    return new Reported(result);
  }

  /** Right after training: what scores there will be is not known yet. */
  static byte[] ofTraining(SparkSession session, TrainRun run, List<TrainStep> steps, String root) {
    return bytes(
        new RunReport(
            run,
            steps,
            TokenTable.summary(session, run.tokenTable(), run.tokenTableVersion()),
            List.of(),
            List.of(),
            Optional.empty(),
            List.of(),
            root));
  }

  private static byte[] bytes(RunReport report) {
    return report.html().getBytes(StandardCharsets.UTF_8);
  }

  private List<ComparedScore> scores(String root, TrainRun run) {
    return run.adapterSha256()
        .map(sha -> StoredScores.at(session, root).comparedWithBase(sha))
        .orElse(List.of());
  }

  /** Of the first task's run: others may have asked other questions. */
  private List<SampleAnswer> answers(String root, TrainRun run, List<ComparedScore> scores) {
    if (scores.isEmpty()) {
      return List.of();
    }
    return StoredScores.at(session, root)
        .firstAnswers(
            scores.get(0).runId(), run.adapterSha256().orElseThrow(), ANSWERS_OF_EACH_TASK);
  }

  private static List<ObjectNode> results(List<Path> folders) {
    return folders.stream()
        .map(
            folder ->
                Storage.here()
                    .readJson(folder.resolve(ResultFolder.RESULT))
                    .orElseThrow(() -> ApiErrors.noResult(folder)))
        .toList();
  }

  private static ObjectNode result(ResultFolder folder, RunReport report, long start) {
    return Json.object()
        .put("status", "succeeded")
        .put("exit_code", ExitCode.OK.number())
        .put("run_id", report.run().runId())
        .put("seconds", (System.nanoTime() - start) / 1e9)
        .put("output_path", LocalCopy.name(folder.path()))
        .put("report_path", folder.location(PAGE))
        .put("steps", report.steps().size())
        .put("scores", report.scores().size());
  }
}
