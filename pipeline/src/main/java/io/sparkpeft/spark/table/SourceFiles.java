package io.sparkpeft.spark.table;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.io.compress.CompressionCodec;
import org.apache.hadoop.io.compress.CompressionCodecFactory;

/** The files behind {@code data.source}, in the order of their paths. */
record SourceFiles(SourceFormat format, List<String> paths) {

  /**
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is none, (78) if the format cannot
   *     be told
   */
  static SourceFiles find(String source, SourceFormat format, Configuration hadoop) {
    try {
      Path path = new Path(source);
      FileSystem files = path.getFileSystem(hadoop);
      if (isDelta(files, path)) {
        return new SourceFiles(SourceFormat.DELTA, List.of(source));
      }
      List<String> found = list(files, path);
      if (found.isEmpty()) {
        throw TableErrors.noSource(source);
      }
      return new SourceFiles(
          format == SourceFormat.AUTO ? formatOf(found.get(0), hadoop) : format, found);
    } catch (IOException e) {
      throw TableErrors.cannotReadSource(source, e);
    }
  }

  /** Some stores fail where they are asked for something below a file. */
  private static boolean isDelta(FileSystem files, Path path) throws IOException {
    return files.exists(path)
        && files.getFileStatus(path).isDirectory()
        && files.exists(new Path(path, "_delta_log"));
  }

  private static List<String> list(FileSystem files, Path path) throws IOException {
    FileStatus[] matches = files.globStatus(path);
    List<String> found = new ArrayList<>();
    if (matches == null) {
      return found;
    }
    for (FileStatus match : matches) {
      FileStatus[] inside =
          match.isDirectory() ? files.listStatus(match.getPath()) : new FileStatus[] {match};
      for (FileStatus file : inside) {
        String name = file.getPath().getName();
        if (file.isFile() && !name.startsWith("_") && !name.startsWith(".")) {
          found.add(file.getPath().toString());
        }
      }
    }
    found.sort(null);
    return found;
  }

  private static SourceFormat formatOf(String file, Configuration hadoop) throws IOException {
    String name = file.toLowerCase(Locale.ROOT).replaceFirst("\\.(gz|bz2|zst)$", "");
    if (name.endsWith(".jsonl") || name.endsWith(".ndjson")) {
      return SourceFormat.JSONL;
    }
    if (name.endsWith(".csv")) {
      return SourceFormat.CSV;
    }
    if (name.endsWith(".parquet")) {
      return SourceFormat.PARQUET;
    }
    if (!name.endsWith(".json")) {
      throw TableErrors.unknownFormat(file);
    }
    try (InputStream in = open(file, hadoop)) {
      int first = in.read();
      while (Character.isWhitespace(first)) {
        first = in.read();
      }
      return first == '[' ? SourceFormat.ALPACA : SourceFormat.JSONL;
    }
  }

  /** A file's bytes, decompressed where its name says so. */
  static InputStream open(String file, Configuration hadoop) throws IOException {
    Path path = new Path(file);
    InputStream in = path.getFileSystem(hadoop).open(path);
    CompressionCodec codec = new CompressionCodecFactory(hadoop).getCodec(path);
    return codec == null ? in : codec.createInputStream(in);
  }

  /** The records of one file of a text format. */
  static RecordReader reader(SourceFormat format, InputStream in) throws IOException {
    return switch (format) {
      case ALPACA -> new JsonArrayReader(in);
      case JSONL -> new JsonLinesReader(in);
      case CSV -> new CsvReader(in);
      case AUTO, PARQUET, DELTA -> throw new IllegalArgumentException(format + " is no text");
    };
  }
}
