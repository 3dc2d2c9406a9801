package io.sparkpeft.spark.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.monotonically_increasing_id;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.Json;
import io.sparkpeft.text.PromptTemplate;
import io.sparkpeft.text.TokenizerFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.storage.StorageLevel;

/** The job from instruction files to a token table. */
public final class Prepare {
  private final SparkSession spark;
  private final PrepareSettings settings;
  private final TokenizerFiles tokenizer;
  private final PromptTemplate template;
  private final InstructionSources source;

  private Prepare(SparkSession spark, PrepareSettings settings) {
    check(settings);
    this.spark = spark;
    this.settings = settings;
    this.tokenizer = TokenizerFiles.read(settings.modelFolder());
    this.template = PromptTemplate.of(settings.template(), tokenizer);
    this.source = InstructionSources.open(spark, settings.source(), settings.format());
  }

  /**
   * Reads the source, renders and tokenizes every record in the executors, and writes the token
   * table in one commit.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if the source or the tokenizer is missing,
   *     (65) for records that cannot be used, as the policies say, (78) for settings that cannot be
   *     met, (73) if the table cannot be written
   */
  public static PrepareResult run(SparkSession spark, PrepareSettings settings) {
    Prepare job = new Prepare(spark, settings);
    TableIdentity identity = job.identity();
    Optional<PrepareResult> earlier = TokenTable.writtenBy(spark, settings, identity);
    return earlier.orElseGet(() -> job.tokenizeAndWrite(identity));
  }

  /** The identity that a table made by these settings would have; reads the source to hash it. */
  public static TableIdentity identity(SparkSession spark, PrepareSettings settings) {
    return new Prepare(spark, settings).identity();
  }

  private static void check(PrepareSettings settings) {
    if (settings.maxLength() < 2) {
      throw TableErrors.badSetting(
          "data.max_length", settings.maxLength(), "An example has at least two tokens.");
    }
    double fraction = settings.validationFraction();
    if (!(fraction >= 0 && fraction < 1)) {
      throw TableErrors.badSetting(
          "data.validation_fraction", fraction, "It is a share from 0 to below 1.");
    }
  }

  private TableIdentity identity() {
    return new TableIdentity(
        Map.of(
            "data_sha256", source.sha256(),
            "template_sha256", template.sha256(),
            "tokenizer_sha256", tokenizer.sha256(),
            "max_length", Integer.toString(settings.maxLength()),
            "overlong", Settings.name(settings.overlong()),
            "train_on_prompt", Boolean.toString(settings.trainOnPrompt()),
            "validation_fraction", Double.toString(settings.validationFraction())));
  }

  private PrepareResult tokenizeAndWrite(TableIdentity identity) {
    if (tokenizer.eosText().isEmpty()) {
      throw TableErrors.endMissing(tokenizer.folder());
    }
    Dataset<Row> rows = tokenized().persist(StorageLevel.MEMORY_AND_DISK());
    try {
      Outcomes outcomes = Outcomes.of(rows);
      outcomes.check(rows, settings, tokenizer.folder(), modelVocabularySize());
      if (outcomes.badRecords() > 0) {
        Rejects.write(rows, settings);
      }
      // Last: a run whose tokens are there counts as finished.
      return TokenTable.write(spark, numbered(rows), settings, identity, outcomes);
    } finally {
      rows.unpersist();
    }
  }

  /** In the source's order, cut evenly over the cluster's task slots. */
  private Dataset<Row> tokenized() {
    JavaSparkContext context = JavaSparkContext.fromSparkContext(spark.sparkContext());
    Broadcast<TokenizerFiles> files = context.broadcast(tokenizer);
    return source
        .read()
        .repartitionByRange(2 * context.defaultParallelism(), col("file"), col("position"))
        .sortWithinPartitions(col("file"), col("position"))
        .mapPartitions(new TokenRows(files, template, settings), Encoders.row(TokenRows.SCHEMA));
  }

  /** The kept rows with their index 0..n-1, which no partitioning can change. */
  private static Dataset<Row> numbered(Dataset<Row> rows) {
    Dataset<Row> kept = rows.filter(col("outcome").equalTo(TokenRows.KEPT));
    return kept.select(
        PartitionOffsets.of(kept).index(monotonically_increasing_id()).as("sample_index"),
        col("tokens"),
        col("targets"),
        col("token_count"),
        col("target_count"),
        col("split"));
  }

  private Optional<Integer> modelVocabularySize() {
    Path config = settings.modelFolder().resolve("config.json");
    if (!Files.isRegularFile(config)) {
      return Optional.empty();
    }
    JsonNode size = Json.read(config).path("vocab_size");
    return size.isInt() ? Optional.of(size.intValue()) : Optional.empty();
  }
}
