package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.PromoteSection;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.eval.GateResult;
import io.sparkpeft.spark.eval.GateRow;
import io.sparkpeft.spark.eval.ScoreGate;
import io.sparkpeft.spark.eval.StoredScores;
import io.sparkpeft.spark.registry.AdapterIdentity;
import io.sparkpeft.spark.registry.AdapterVersion;
import io.sparkpeft.spark.registry.AdapterVersion.GateNote;
import io.sparkpeft.spark.registry.AdapterVersion.GateState;
import io.sparkpeft.spark.registry.AdaptersTable;
import io.sparkpeft.spark.registry.Candidate;
import io.sparkpeft.spark.storage.Storage;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.SparkSession;

/** An adapter to the promoted version of its name. */
final class Promoting {
  private final SparkSession session;
  private final Consumer<String> messages;
  private final Recipe recipe;
  private final PromoteSection settings;
  private final AdaptersTable table;
  private final ResultFolder result;

  Promoting(SparkSession session, Consumer<String> messages, Recipe recipe) {
    this.session = session;
    this.messages = messages;
    this.recipe = recipe;
    this.settings = recipe.promote();
    this.table = new AdaptersTable(session, recipe.tables().root());
    this.result = ResultFolder.of(Job.PROMOTE, recipe);
  }

  Promoted run() {
    String name = settings.requiredName();
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      messages.accept("Run " + result.runId() + " has promoted " + name + " already.");
      return new Promoted(finished.get(), true);
    }
    try (NewFolder folder = result.begin()) {
      boolean before = table.promotedBy(result.runId(), name).isPresent();
      AdapterVersion version = promote(name);
      messages.accept(
          "Run %s %s %s, version %d: %s."
              .formatted(
                  result.runId(),
                  before ? "has already promoted" : "promotes",
                  name,
                  version.version(),
                  version.adapter().path()));
      return new Promoted(result.commit(folder, json(version)), before);
    }
  }

  private AdapterVersion promote(String name) {
    Optional<Long> version = settings.version();
    return version.isPresent() ? again(name, version.get()) : anew(name);
  }

  private AdapterVersion again(String name, long version) {
    if (recipe.adapter().path().isPresent()) {
      throw ApiErrors.versionAndPath(version, recipe.adapter().path().get());
    }
    AdapterIdentity adapter = table.version(name, version).adapter();
    adapter.requireUnchanged(
        Storage.of(session, messages).copy(adapter.path(), recipe.run().cache()));
    return table.promoteAgain(result.runId(), name, version);
  }

  private AdapterVersion anew(String name) {
    AdapterIdentity adapter = AdapterIdentity.read(recipe.adapter().requiredFolder());
    Candidate candidate =
        new Candidate(
            adapter,
            gate(adapter),
            StoredScores.at(session, recipe.tables().root()).newestOf(adapter.sha256()));
    return table.promote(result.runId(), name, candidate);
  }

  private GateNote gate(AdapterIdentity adapter) {
    Optional<String> runId = recipe.gateRunId();
    Optional<GateResult> found =
        runId.flatMap(id -> ScoreGate.of(session, recipe.tables().root(), id));
    boolean ofThis = found.filter(g -> g.adapterSha256().equals(adapter.sha256())).isPresent();
    boolean passed = ofThis && found.get().passed();
    if (!passed && !settings.withoutGate()) {
      throw refusal(adapter, runId, found);
    }
    if (!ofThis) {
      return new GateNote(GateState.NOT_ASKED, Optional.empty());
    }
    return new GateNote(passed ? GateState.PASSED : GateState.NOT_PASSED, runId);
  }

  private RuntimeException refusal(
      AdapterIdentity adapter, Optional<String> runId, Optional<GateResult> found) {
    if (found.isEmpty()) {
      return ApiErrors.noGate(adapter.path(), runId, recipe.tables().table("gate_results"));
    }
    if (!found.get().adapterSha256().equals(adapter.sha256())) {
      return ApiErrors.otherAdapterJudged(
          adapter.path(), adapter.sha256(), runId.orElseThrow(), found.get().adapterSha256());
    }
    List<String> reasons =
        found.get().rows().stream().filter(row -> !row.passed()).map(Promoting::reason).toList();
    return ApiErrors.gateNotPassed(adapter.path(), runId.orElseThrow(), reasons);
  }

  private static String reason(GateRow row) {
    return "%s of %s.%s: %s".formatted(row.rule(), row.task(), row.metric(), row.reason());
  }

  private ObjectNode json(AdapterVersion version) {
    ObjectNode json =
        Json.object()
            .put("name", version.name())
            .put("version", version.version())
            .put("stage", word(version.stage()))
            .put("adapter_path", version.adapter().path())
            .put("adapter_sha256", version.adapter().sha256())
            .put("config_sha256", version.adapter().configSha256())
            .put("gate", word(version.gate().state()))
            .put("table", table.path());
    version.gate().runId().ifPresent(id -> json.put("gate_run_id", id));
    json.set("scores", Json.tree(version.scores()));
    return json;
  }

  private static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }
}
