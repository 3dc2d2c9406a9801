package io.sparkpeft.spark.registry;

import io.sparkpeft.spark.registry.AdapterIdentity.Lineage;
import io.sparkpeft.spark.registry.AdapterVersion.GateNote;
import io.sparkpeft.spark.registry.AdapterVersion.GateState;
import io.sparkpeft.spark.registry.AdapterVersion.Stage;
import java.sql.Timestamp;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;

/** Versions of adapters as rows. */
final class AdapterRows {
  static final StructType SCHEMA =
      StructType.fromDDL(
          """
          name STRING NOT NULL,
          version BIGINT NOT NULL,
          stage STRING NOT NULL COMMENT 'promoted (one version of a name) or archived',
          adapter_path STRING NOT NULL,
          adapter_sha256 STRING NOT NULL COMMENT 'of its weights',
          config_sha256 STRING NOT NULL COMMENT 'of its adapter_config.json',
          model_sha256 STRING COMMENT 'of the base that it was trained on',
          token_table STRING,
          token_table_version BIGINT,
          code_version STRING,
          gate STRING NOT NULL COMMENT 'passed, not_passed or not_asked',
          gate_run_id STRING,
          scores MAP<STRING, DOUBLE> NOT NULL COMMENT 'by task.metric',
          run_ids ARRAY<STRING> NOT NULL COMMENT 'that promoted it, the newest last',
          promoted_at TIMESTAMP NOT NULL COMMENT 'by the last of them'
          """);

  private AdapterRows() {}

  static Row row(AdapterVersion version) {
    Optional<Lineage> lineage = version.adapter().lineage();
    return RowFactory.create(
        version.name(),
        version.version(),
        word(version.stage()),
        version.adapter().path(),
        version.adapter().sha256(),
        version.adapter().configSha256(),
        lineage.map(Lineage::modelSha256).orElse(null),
        lineage.flatMap(Lineage::tokenTable).orElse(null),
        lineage.map(AdapterRows::tokenTableVersion).orElse(null),
        lineage.map(Lineage::codeVersion).orElse(null),
        word(version.gate().state()),
        version.gate().runId().orElse(null),
        version.scores(),
        version.runIds().toArray(),
        Timestamp.from(version.promotedAt()));
  }

  private static Long tokenTableVersion(Lineage lineage) {
    OptionalLong version = lineage.tokenTableVersion();
    return version.isPresent() ? version.getAsLong() : null;
  }

  static AdapterVersion version(Row row) {
    Map<String, Double> scores = new TreeMap<>();
    row.<String, Double>getJavaMap(row.fieldIndex("scores")).forEach(scores::put);
    return new AdapterVersion(
        row.getAs("name"),
        row.<Long>getAs("version"),
        Stage.valueOf(constant(row, "stage")),
        new AdapterIdentity(
            row.getAs("adapter_path"),
            row.getAs("adapter_sha256"),
            row.getAs("config_sha256"),
            Optional.<String>ofNullable(row.getAs("model_sha256")).map(sha -> lineage(row, sha))),
        new GateNote(
            GateState.valueOf(constant(row, "gate")),
            Optional.ofNullable(row.getAs("gate_run_id"))),
        scores,
        row.<String>getList(row.fieldIndex("run_ids")),
        row.<Timestamp>getAs("promoted_at").toInstant());
  }

  private static Lineage lineage(Row row, String modelSha256) {
    Long version = row.getAs("token_table_version");
    return new Lineage(
        modelSha256,
        Optional.ofNullable(row.getAs("token_table")),
        version == null ? OptionalLong.empty() : OptionalLong.of(version),
        row.getAs("code_version"));
  }

  static String word(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT);
  }

  private static String constant(Row row, String column) {
    return row.<String>getAs(column).toUpperCase(Locale.ROOT);
  }
}
