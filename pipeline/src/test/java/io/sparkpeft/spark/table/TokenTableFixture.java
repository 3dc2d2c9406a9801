package io.sparkpeft.spark.table;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.spark.LocalCluster;
import io.sparkpeft.text.TestTokenizers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.IntStream;
import org.apache.spark.sql.SparkSession;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Prepares small sources into a table of a folder of their own. */
abstract class TokenTableFixture {
  @TempDir Path folder;
  SparkSession spark;

  @BeforeEach
  void startSpark() {
    spark = LocalCluster.local(2);
  }

  Path write(String name, String content) throws IOException {
    return Files.writeString(folder.resolve(name), content);
  }

  Settings settings(Path source) {
    return new Settings(
        "run",
        source.toString(),
        SourceFormat.AUTO,
        64,
        OverlongPolicy.DROP,
        BadRecordPolicy.FAIL,
        0,
        TestTokenizers.byteFallback());
  }

  /** What the tests vary. */
  record Settings(
      String runId,
      String source,
      SourceFormat format,
      int maxLength,
      OverlongPolicy overlong,
      BadRecordPolicy onBadRecord,
      double validationFraction,
      Path model) {
    Settings run(String id) {
      return new Settings(
          id, source, format, maxLength, overlong, onBadRecord, validationFraction, model);
    }

    Settings longest(int tokens, OverlongPolicy policy) {
      return new Settings(
          runId, source, format, tokens, policy, onBadRecord, validationFraction, model);
    }

    Settings rejecting() {
      return new Settings(
          runId,
          source,
          format,
          maxLength,
          overlong,
          BadRecordPolicy.REJECT,
          validationFraction,
          model);
    }

    Settings validating(double fraction) {
      return new Settings(runId, source, format, maxLength, overlong, onBadRecord, fraction, model);
    }

    Settings model(Path newModel) {
      return new Settings(
          runId, source, format, maxLength, overlong, onBadRecord, validationFraction, newModel);
    }

    PrepareSettings at(Path table) {
      return new PrepareSettings(
          runId,
          source,
          format,
          "none",
          model,
          maxLength,
          overlong,
          onBadRecord,
          false,
          validationFraction,
          table.toString());
    }
  }

  PrepareResult prepare(Settings settings) {
    return Prepare.run(spark, settings.at(table()));
  }

  Path table() {
    return folder.resolve("tokens");
  }

  PinnedTable pin() {
    return TokenTable.pin(spark, table().toString(), OptionalLong.empty(), Optional.empty());
  }

  TokenFile spool() {
    return Spool.write(
        pin(), spark.sparkContext().hadoopConfiguration(), folder.resolve("spool.tokens"));
  }

  static String line(int number) {
    return "{\"instruction\": \"the number \", \"output\": \"%d is a city\"}".formatted(number);
  }

  static String lines(int count) {
    return String.join("\n", IntStream.range(0, count).mapToObj(TokenTableFixture::line).toList());
  }

  static void assertFails(ThrowingCallable call, ExitCode code, String... parts) {
    assertThatThrownBy(call)
        .isInstanceOf(SparkPeftException.class)
        .hasMessageContainingAll(parts)
        .extracting(e -> ((SparkPeftException) e).exitCode())
        .isEqualTo(code);
  }
}
