package io.sparkpeft.spark.table;

import java.nio.file.Path;

/**
 * What prepare is to do.
 *
 * @param runId names the run; a second run of the same id and settings reuses the first's table
 * @param source a file, a folder or a glob, in any file system that Spark reads; for delta a
 *     table's folder
 * @param template as in {@link io.sparkpeft.text.PromptTemplate#of}
 * @param modelFolder on the driver's file system; holds the tokenizer, and config.json where there
 *     is one
 * @param maxLength the most tokens of an example, BOS and EOS included
 * @param trainOnPrompt whether prompts' tokens are targets too
 * @param validationFraction share of the records that go to the validation split, 0 to below 1
 * @param table the folder of the token table to write
 */
public record PrepareSettings(
    String runId,
    String source,
    SourceFormat format,
    String template,
    Path modelFolder,
    int maxLength,
    OverlongPolicy overlong,
    BadRecordPolicy onBadRecord,
    boolean trainOnPrompt,
    double validationFraction,
    String table) {

  /** The table beside {@link #table} that takes rejected records. */
  public String rejectsTable() {
    return table + "_rejects";
  }
}
