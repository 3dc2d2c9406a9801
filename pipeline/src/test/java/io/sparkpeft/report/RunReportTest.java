package io.sparkpeft.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.data.TokenAudit;
import io.sparkpeft.eval.TaskScore;
import io.sparkpeft.spark.eval.ComparedScore;
import io.sparkpeft.spark.eval.GateResult;
import io.sparkpeft.spark.eval.GateRow;
import io.sparkpeft.spark.eval.JudgedGate;
import io.sparkpeft.spark.eval.SampleAnswer;
import io.sparkpeft.spark.eval.SampleAnswer.Given;
import io.sparkpeft.spark.table.PrepareResult;
import io.sparkpeft.spark.table.TableIdentity;
import io.sparkpeft.spark.table.TokenTableSummary;
import io.sparkpeft.spark.telemetry.TrainRun;
import io.sparkpeft.spark.telemetry.TrainStep;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;

class RunReportTest {
  private static final String HOSTILE = "<script>alert('x')</script> \"&\u0000\uD800\u001b";
  private static final Instant START = Instant.parse("2026-11-21T09:00:00Z");

  @Test
  void hostileTextStaysText() throws Exception {
    RunReport report = report(TrainRun.Status.FAILED);
    String html = report.html();
    assertThat(html).doesNotContain("<script").contains("&lt;script&gt;alert(&#39;x&#39;)");
    ParsedPage page = ParsedPage.of(html);
    assertThat(page.texts("h1").get(0)).startsWith("<script>alert('x')</script> \"&\uFFFD");
    assertThat(page.texts("p").stream().filter(text -> text.startsWith("<script>"))).isNotEmpty();
    for (Element element : page.all("*")) {
      assertThat(element.getTagName()).isNotIn("script", "img", "link", "iframe", "object");
      assertThat(element.getAttribute("href")).matches("|#\\w+");
      assertThat(element.getAttribute("src")).isEmpty();
      assertThat(element.getAttribute("onload") + element.getAttribute("onclick")).isEmpty();
    }
    assertThat(page.texts("style").get(0)).doesNotContain("url(", "@import");
  }

  @Test
  void theSameTablesGiveTheSameBytes() {
    assertThat(report(TrainRun.Status.DONE).html()).isEqualTo(report(TrainRun.Status.DONE).html());
  }

  @Test
  void theNumbersAreThere() throws Exception {
    ParsedPage page = ParsedPage.of(report(TrainRun.Status.DONE).html());
    assertThat(page.texts("h2"))
        .containsExactly(
            "Scores",
            "Gate",
            "Training",
            "Answers",
            "Merged model",
            "Data",
            "Plan and measurement",
            "Settings",
            "Attempts and failures",
            "Provenance");
    assertThat(page.row("records read")).containsExactly("1,010");
    assertThat(page.row("… as " + HOSTILE_CLEAN)).containsExactly("10");
    assertThat(page.row("length of an example"))
        .containsExactly("5 to 9 tokens, half of them up to 7");
    assertThat(page.row("memory of one rank")).containsExactly("95.4 MiB", "190.7 MiB at its peak");
    assertThat(page.row("sent by a rank per step")).containsExactly("0.381 MiB", "0.381 MiB");
    assertThat(page.row("adapter.r")).containsExactly("8", "--set");
    assertThat(page.row("data.source")).containsExactly("\"s3a://***@host/x\"", "--set");
    assertThat(page.row("train.seed")).containsExactly("42");
    assertThat(page.row("equal greedy tokens")).containsExactly("15 of 16, from 2 prompts");
    assertThat(page.text()).contains("✓ 81.9 %", "✗ 4.5 %", "✓ met");
    assertThat(page.texts("p"))
        .anyMatch(
            text ->
                text.startsWith("LoRA of rank 8 on base, 30 steps over 1,000 examples: the loss")
                    && text.contains("went from 3.5 to 1.25."));
  }

  /** As it comes out of the page. */
  private static final String HOSTILE_CLEAN = "<script>alert('x')</script> \"&\uFFFD\uFFFD\uFFFD";

  @Test
  void curvesHaveTitlesAndTablesBesideThem() throws Exception {
    ParsedPage page = ParsedPage.of(report(TrainRun.Status.DONE).html());
    for (Element svg : page.all("svg")) {
      assertThat(svg.getAttribute("role")).isEqualTo("img");
      assertThat(svg.getElementsByTagName("title").item(0).getTextContent()).isNotBlank();
    }
    assertThat(page.texts("summary")).contains("The steps as a table");
    assertThat(page.row("30")).contains("1.2500", "1.5000");
  }

  @Test
  void aRunOfAnEarlierVersionHasAPageToo() throws Exception {
    RunReport full = report(TrainRun.Status.DONE);
    ParsedPage page =
        ParsedPage.of(
            new RunReport(
                    withoutDetails(full.run()),
                    List.of(),
                    Optional.empty(),
                    List.of(),
                    List.of(),
                    Optional.empty(),
                    List.of(),
                    "/tables")
                .html());
    assertThat(page.texts("h2")).containsExactly("Attempts and failures", "Provenance");
  }

  private static RunReport report(TrainRun.Status status) {
    return new RunReport(
        run(status),
        LongStream.rangeClosed(1, 30).mapToObj(RunReportTest::step).toList(),
        Optional.of(data()),
        List.of(new ComparedScore("scored", score(), Optional.empty())),
        List.of(
            new SampleAnswer(
                HOSTILE,
                0,
                "Q: " + HOSTILE,
                " 42",
                Optional.of(new Given(Optional.of(HOSTILE), false, 0.045)),
                new Given(Optional.empty(), true, 0.819))),
        Optional.of(new JudgedGate("judged", gate())),
        List.of(merge(), generated()),
        "/tables");
  }

  private static TrainStep step(long step) {
    boolean validated = step % 10 == 0;
    double loss = step == 30 ? 1.25 : 3.5 - step * 0.05;
    return new TrainStep(
        step,
        1,
        step / 30.0,
        loss,
        1e-3,
        0.5,
        320,
        1600,
        0.2,
        validated ? OptionalDouble.of(1.5) : OptionalDouble.empty());
  }

  private static TokenTableSummary data() {
    TokenAudit audit = new TokenAudit(1000, Map.of(HOSTILE, 10L), 3, 7000, 2000, 0, 1, 1000);
    PrepareResult prepared =
        new PrepareResult(
            audit, 1000, 0, "/tables/tokens", 3, new TableIdentity(Map.of("x", HOSTILE)), true);
    return new TokenTableSummary(prepared, new TreeMap<>(Map.of(5, 100L, 7, 800L, 9, 100L)));
  }

  private static TaskScore score() {
    return new TaskScore(
        "sums", "1", "test", 0, "acc", true, 0.875, OptionalDouble.of(0.02), 250, 250);
  }

  private static GateResult gate() {
    GateRow row =
        new GateRow(
            "gate.min",
            "sums",
            "acc",
            0.8,
            0.875,
            OptionalDouble.of(0.02),
            250,
            Optional.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            OptionalDouble.empty(),
            Optional.empty(),
            true,
            HOSTILE);
    return new GateResult("scored", "model", "adapter", List.of(row), "/tables/gate_results");
  }

  private static ObjectNode merge() {
    ObjectNode result = Json.object().put("model_path", "/runs/merge/model").put("run_id", "m");
    result
        .putObject("certificate")
        .put("base", "original")
        .put("changed_tensors", 14)
        .put("max_abs_weight_change", 0.01)
        .put("max_abs_logit_difference", 0.001)
        .put("max_abs_logit_change", 2.0)
        .put("equal_greedy_tokens", 15)
        .put("greedy_tokens", 16)
        .put("equal_greedy_share", 15.0 / 16)
        .put("prompts", 2);
    return result;
  }

  private static ObjectNode generated() {
    ObjectNode result = Json.object().put("run_id", "g");
    result.putArray("answers").addObject().put("prompt", HOSTILE).put("answer", HOSTILE);
    return result;
  }

  private static TrainRun run(TrainRun.Status status) {
    ObjectNode recipe = Json.object();
    recipe.putObject("adapter.peft_type").put("value", "\"LORA\"").put("origin", "default");
    recipe.putObject("adapter.r").put("value", "8").put("origin", "--set");
    recipe
        .putObject("data.source")
        .put("value", "\"s3a://user:word@host/x\"")
        .put("origin", "--set");
    recipe.putObject("train.seed").put("value", "42").put("origin", "default");
    ObjectNode plan =
        Json.object()
            .put("trainable_parameters", 97_792)
            .put("total_parameters", 1_254_000)
            .put("steps", 30)
            .put("partitions", 2)
            .put("all_reduce_bytes_per_step", 400_000);
    plan.putObject("memory_bytes").put("total", 100_000_000);
    ObjectNode measured =
        Json.object().put("training_seconds", 6.0).put("peak_memory_bytes", 200_000_000);
    measured.putArray("ranks").addObject().put("rank", 0).put("bytes_sent", 30 * 399_999);
    measured.putArray("lost_attempts").addObject().put("attempt", 1).put("reason", HOSTILE);
    boolean done = status == TrainRun.Status.DONE;
    return new TrainRun(
        HOSTILE,
        status,
        "recipe",
        "model",
        Optional.empty(),
        "/tables/tokens",
        3,
        2,
        2,
        0,
        30,
        97_792,
        OptionalDouble.of(3.5),
        OptionalDouble.of(1.25),
        OptionalDouble.of(1.5),
        9600,
        2000,
        OptionalDouble.of(1600),
        done ? Optional.of("/runs/adapter") : Optional.empty(),
        done ? Optional.of("adapter") : Optional.empty(),
        done ? Optional.empty() : Optional.of(HOSTILE),
        START,
        START.plusSeconds(20),
        Optional.of(new TrainRun.Details("/models/base", "spark-peft 1", recipe, plan, measured)));
  }

  private static TrainRun withoutDetails(TrainRun run) {
    return new TrainRun(
        run.runId(),
        TrainRun.Status.FAILED,
        run.recipeSha256(),
        run.modelSha256(),
        run.quantization(),
        run.tokenTable(),
        run.tokenTableVersion(),
        run.ranks(),
        run.attempts(),
        0,
        0,
        0,
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        OptionalDouble.empty(),
        0,
        0,
        OptionalDouble.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.of("no luck"),
        run.startedAt(),
        run.finishedAt(),
        Optional.empty());
  }
}
