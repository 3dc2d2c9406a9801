package io.sparkpeft.spark.table;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.to_json;

import io.sparkpeft.base.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Reads instruction data of any format as rows of one shape: {@code file}, {@code position} (which
 * orders the records of a file), {@code line} (0 where the format has none), {@code record} (JSON
 * text) and {@code problem} (why the file cannot be read on; else null).
 */
final class InstructionSources {
  static final StructType SCHEMA =
      new StructType()
          .add("file", DataTypes.StringType, false)
          .add("position", DataTypes.LongType, false)
          .add("line", DataTypes.LongType, false)
          .add("record", DataTypes.StringType, true)
          .add("problem", DataTypes.StringType, true);

  private static final int BLOCK_BYTES = 1 << 20;

  private final SparkSession spark;
  private final SourceFiles files;

  private InstructionSources(SparkSession spark, SourceFiles files) {
    this.spark = spark;
    this.files = files;
  }

  static InstructionSources open(SparkSession spark, String source, SourceFormat format) {
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    return new InstructionSources(spark, SourceFiles.find(source, format, hadoop));
  }

  /** All records, in no particular order of partitions. */
  Dataset<Row> read() {
    return switch (files.format()) {
      case PARQUET -> columnar(spark.read().parquet(files.paths().toArray(String[]::new)), true);
      case DELTA -> columnar(spark.read().format("delta").load(files.paths().get(0)), false);
      case AUTO, ALPACA, CSV, JSONL -> text();
    };
  }

  /** A hash of what the source holds: file by file in the order of their paths. */
  String sha256() {
    return Sha256.of(String.join("\n", hashed()));
  }

  /** One hash per file; for a table, of the files that its newest version has. */
  private List<String> hashed() {
    Stream<String> uris =
        files.format() == SourceFormat.DELTA
            ? Stream.of(spark.read().format("delta").load(files.paths().get(0)).inputFiles())
            : files.paths().stream().map(path -> new Path(path).toUri().toString());
    Broadcast<SerializableConfiguration> hadoop = configuration();
    return distributed(uris.sorted().toList())
        .map(uri -> sha256(new Path(URI.create(uri)), hadoop.value().value()))
        .collect();
  }

  private static String sha256(Path path, Configuration hadoop) throws IOException {
    Sha256 hash = new Sha256();
    try (InputStream in = path.getFileSystem(hadoop).open(path)) {
      byte[] block = in.readNBytes(BLOCK_BYTES);
      while (block.length > 0) {
        hash.add(block);
        block = in.readNBytes(BLOCK_BYTES);
      }
    }
    return hash.hex();
  }

  private Dataset<Row> columnar(Dataset<Row> table, boolean rowIndex) {
    Column[] columns =
        List.of(table.columns()).stream().map(name -> col("`" + name + "`")).toArray(Column[]::new);
    return table.select(
        col("_metadata.file_path").as("file"),
        (rowIndex ? col("_metadata.row_index") : monotonically_increasing_id()).as("position"),
        lit(0L).as("line"),
        to_json(struct(columns)).as("record"),
        lit(null).cast(DataTypes.StringType).as("problem"));
  }

  private Dataset<Row> text() {
    Broadcast<SerializableConfiguration> hadoop = configuration();
    SourceFormat format = files.format();
    JavaRDD<Row> rows =
        distributed(files.paths())
            .flatMap(file -> new FileRows(file, format, hadoop.value().value()));
    return spark.createDataFrame(rows, SCHEMA);
  }

  private JavaRDD<String> distributed(List<String> paths) {
    return JavaSparkContext.fromSparkContext(spark.sparkContext()).parallelize(paths, paths.size());
  }

  private Broadcast<SerializableConfiguration> configuration() {
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .broadcast(new SerializableConfiguration(spark.sparkContext().hadoopConfiguration()));
  }

  /** One file's rows, read as they are asked for. */
  private static final class FileRows implements Iterator<Row> {
    private final String file;
    private final RecordReader reader;
    private long position;
    private Optional<Row> next;

    FileRows(String file, SourceFormat format, Configuration hadoop) throws IOException {
      this.file = file;
      this.reader = SourceFiles.reader(format, SourceFiles.open(file, hadoop));
      this.next = read();
    }

    @Override
    public boolean hasNext() {
      return next.isPresent();
    }

    @Override
    public Row next() {
      Row row = next.orElseThrow();
      next = row.isNullAt(SCHEMA.fieldIndex("problem")) ? read() : Optional.empty();
      return row;
    }

    private Optional<Row> read() {
      try {
        Optional<RecordReader.Entry> record = reader.next();
        if (record.isEmpty()) {
          reader.close();
        }
        return record.map(r -> RowFactory.create(file, position++, r.line(), r.json(), null));
      } catch (RecordReader.BrokenFileException e) {
        return Optional.of(RowFactory.create(file, position++, e.line(), null, e.getMessage()));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
