package io.sparkpeft.spark.table;

import io.sparkpeft.data.TokenFile;
import io.sparkpeft.data.TokenFileWriter;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetReader;

/** Reads a pinned table's files in an executor, outside SQL. */
public final class Spool {
  private Spool() {}

  /**
   * Writes the train split to a local token file, in the order of sample indexes.
   *
   * @param hadoop the file systems' configuration
   * @param target where the file is to be; replaced if it exists
   * @throws io.sparkpeft.base.SparkPeftException (66) if a file cannot be read, (65) if what was
   *     read is not what was pinned, (73) if the spool cannot be written
   */
  public static TokenFile write(PinnedTable table, Configuration hadoop, Path target) {
    TokenFile file = write(table, TokenRows.TRAIN, hadoop, target);
    long targetTokens = 0;
    for (int i = 0; i < file.size(); i++) {
      targetTokens += file.targetCount(i);
    }
    if (file.size() != table.examples() || targetTokens != table.targetTokens()) {
      throw TableErrors.spoolDiffers(
          table.path(),
          table.version(),
          counts(file.size(), targetTokens),
          counts(table.examples(), table.targetTokens()));
    }
    return file;
  }

  /** The same of the validation split; a token file of size 0 where there is none. */
  public static TokenFile writeValidation(PinnedTable table, Configuration hadoop, Path target) {
    return write(table, TokenRows.VALIDATION, hadoop, target);
  }

  private static TokenFile write(
      PinnedTable table, String split, Configuration hadoop, Path target) {
    try (TokenFileWriter writer = TokenFileWriter.create(target)) {
      for (String file : table.files()) {
        try (ParquetReader<TokenRecord> reader = reader(file, hadoop)) {
          for (TokenRecord row = reader.read(); row != null; row = reader.read()) {
            if (row.split().equals(split)) {
              writer.add(row.sampleIndex(), row.example());
            }
          }
        } catch (IOException e) {
          throw TableErrors.cannotReadSource(file, e);
        }
      }
      writer.commit();
    }
    return TokenFile.open(target);
  }

  private static ParquetReader<TokenRecord> reader(String file, Configuration hadoop)
      throws IOException {
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(URI.create(file));
    return ParquetReader.builder(new TokenRecordSupport(), path).withConf(hadoop).build();
  }

  private static String counts(long examples, long targetTokens) {
    return examples + " examples with " + targetTokens + " target tokens";
  }
}
