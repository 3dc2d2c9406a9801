package io.sparkpeft.spark.table;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.base.ExitCode;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** Versions of a token table, and what they were made from. */
class TokenTableTest extends TokenTableFixture {
  @Test
  void theSameRunIsReusedAndAnotherUnderItsNameRefused() throws IOException {
    Settings settings = settings(write("data.jsonl", lines(5)));
    PrepareResult first = prepare(settings);
    PrepareResult again = prepare(settings);
    assertThat(again.reused()).isTrue();
    assertThat(again.version()).isEqualTo(first.version());
    assertThat(again.audit()).isEqualTo(first.audit());
    assertFails(
        () -> prepare(settings.longest(63, OverlongPolicy.DROP)),
        ExitCode.CONFIGURATION,
        "The run 'run' has written " + table() + " already, from something else.",
        "max_length: 64 against 63");
    PrepareResult other = prepare(settings.longest(63, OverlongPolicy.DROP).run("other"));
    assertThat(other.version()).isGreaterThan(first.version());
    assertThat(prepare(settings).version()).isEqualTo(first.version());
  }

  @Test
  void olderVersionsStayPinned() throws IOException {
    PrepareResult first = prepare(settings(write("data.jsonl", lines(5))));
    prepare(settings(write("more.jsonl", lines(9))).run("more"));
    PinnedTable old =
        TokenTable.pin(
            spark, table().toString(), OptionalLong.of(first.version()), Optional.empty());
    assertThat(old.examples()).isEqualTo(5);
    assertThat(
            Spool.write(
                    old, spark.sparkContext().hadoopConfiguration(), folder.resolve("old.tokens"))
                .size())
        .isEqualTo(5);
    assertThat(pin().examples()).isEqualTo(9);
    assertFails(
        () -> TokenTable.pin(spark, table().toString(), OptionalLong.of(77), Optional.empty()),
        ExitCode.MISSING_INPUT,
        "has no version 77");
  }

  @Test
  void aTableOfAnotherRecipeIsRefusedWithBothValues() throws IOException {
    Settings settings = settings(write("data.jsonl", lines(5)));
    prepare(settings);
    TableIdentity same = Prepare.identity(spark, settings.at(table()));
    assertThat(
            TokenTable.pin(spark, table().toString(), OptionalLong.empty(), Optional.of(same))
                .examples())
        .isEqualTo(5);
    Settings otherData = settings(write("other.jsonl", lines(6)));
    TableIdentity other = Prepare.identity(spark, otherData.at(table()));
    assertFails(
        () -> TokenTable.pin(spark, table().toString(), OptionalLong.empty(), Optional.of(other)),
        ExitCode.DATA,
        "was not made by this recipe.",
        "data_sha256: " + same.values().get("data_sha256"),
        " against " + other.values().get("data_sha256"));
  }

  @Test
  void thereMustBeATable() {
    assertFails(this::pin, ExitCode.MISSING_INPUT, "There is no token table at " + table() + ".");
  }
}
