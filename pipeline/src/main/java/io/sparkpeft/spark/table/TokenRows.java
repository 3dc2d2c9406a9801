package io.sparkpeft.spark.table;

import io.sparkpeft.base.Sha256;
import io.sparkpeft.base.SparkPeftException;
import io.sparkpeft.data.TargetBits;
import io.sparkpeft.text.Example;
import io.sparkpeft.text.Labels;
import io.sparkpeft.text.Message;
import io.sparkpeft.text.PromptTemplate;
import io.sparkpeft.text.Tokenizer;
import io.sparkpeft.text.TokenizerFiles;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** What executors do with source rows: parse, render, tokenize, mark the targets, judge. */
final class TokenRows implements MapPartitionsFunction<Row, Row> {
  static final String KEPT = "kept";
  static final String BAD_RECORD = "bad_record";
  static final String BROKEN_FILE = "broken_file";
  static final String EMPTY_ANSWER = "empty_answer";
  static final String OVERLONG = "overlong";
  static final String PROMPT_TOO_LONG = "prompt_too_long";
  static final String NO_TARGET = "no_target";
  static final String TRAIN = "train";
  static final String VALIDATION = "validation";

  /** The outcome with its reason, and the token table's columns where the record is kept. */
  static final StructType SCHEMA =
      new StructType()
          .add("file", DataTypes.StringType, false)
          .add("position", DataTypes.LongType, false)
          .add("line", DataTypes.LongType, false)
          .add("outcome", DataTypes.StringType, false)
          .add("reason", DataTypes.StringType, true)
          .add("record", DataTypes.StringType, true)
          .add("tokens", DataTypes.BinaryType, true)
          .add("targets", DataTypes.BinaryType, true)
          .add("token_count", DataTypes.IntegerType, false)
          .add("target_count", DataTypes.IntegerType, false)
          .add("split", DataTypes.StringType, true)
          .add("truncated", DataTypes.IntegerType, false)
          .add("straddling", DataTypes.IntegerType, false)
          .add("unknown", DataTypes.IntegerType, false)
          .add("ended", DataTypes.IntegerType, false)
          .add("max_id", DataTypes.IntegerType, false);

  private final Broadcast<TokenizerFiles> tokenizerFiles;
  private final PromptTemplate template;
  private final int maxLength;
  private final OverlongPolicy onOverlong;
  private final boolean trainOnPrompt;
  private final double validationFraction;

  TokenRows(
      Broadcast<TokenizerFiles> tokenizerFiles, PromptTemplate template, PrepareSettings settings) {
    this.tokenizerFiles = tokenizerFiles;
    this.template = template;
    this.maxLength = settings.maxLength();
    this.onOverlong = settings.overlong();
    this.trainOnPrompt = settings.trainOnPrompt();
    this.validationFraction = settings.validationFraction();
  }

  @Override
  public Iterator<Row> call(Iterator<Row> rows) {
    Tokenizer tokenizer = Tokenizers.of(tokenizerFiles.value());
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public Row next() {
        return tokenized(tokenizer, rows.next());
      }
    };
  }

  private Row tokenized(Tokenizer tokenizer, Row row) {
    SourceRecord source = SourceRecord.of(row);
    if (source.problem().isPresent()) {
      return unused(source, BROKEN_FILE, source.problem().get(), 0);
    }
    try {
      Example example = RecordParser.parse(source.json());
      if (!example.hasAnswer()) {
        return unused(source, EMPTY_ANSWER, "", 0);
      }
      return judged(source, example, Labels.of(tokenizer, template, example, trainOnPrompt));
    } catch (RecordParser.BadRecordException e) {
      return unused(source, BAD_RECORD, e.getMessage(), 0);
    } catch (SparkPeftException e) {
      return unused(source, BAD_RECORD, e.getMessage(), 0);
    }
  }

  private Row judged(SourceRecord source, Example example, Labels labels) {
    int length = labels.tokens().length;
    boolean overlong = length > maxLength;
    if (overlong && onOverlong == OverlongPolicy.FAIL) {
      return unused(source, OVERLONG, "", length);
    }
    int firstTarget = firstTarget(labels.targets());
    if (overlong && firstTarget >= maxLength) {
      return unused(source, PROMPT_TOO_LONG, "", length);
    }
    if (overlong && onOverlong == OverlongPolicy.DROP) {
      return unused(source, OVERLONG, "", length);
    }
    if (firstTarget >= length) {
      return unused(source, NO_TARGET, "", length);
    }
    int kept = Math.min(length, maxLength);
    int[] tokens = Arrays.copyOf(labels.tokens(), kept);
    boolean[] targets = Arrays.copyOf(labels.targets(), kept);
    return RowFactory.create(
        source.file(),
        source.position(),
        source.line(),
        KEPT,
        null,
        null,
        bytes(tokens),
        TargetBits.pack(targets),
        kept,
        count(targets),
        split(example),
        overlong ? 1 : 0,
        labels.straddling(),
        labels.unknown(),
        targets[kept - 1] && !overlong ? 1 : 0,
        Arrays.stream(tokens).max().orElse(0));
  }

  private static Row unused(SourceRecord source, String outcome, String reason, int tokens) {
    return RowFactory.create(
        source.file(),
        source.position(),
        source.line(),
        outcome,
        reason,
        source.json(),
        null,
        null,
        tokens,
        0,
        null,
        0,
        0,
        0,
        0,
        0);
  }

  /** The length where there is none. */
  private static int firstTarget(boolean[] targets) {
    int first = 0;
    while (first < targets.length && !targets[first]) {
      first++;
    }
    return first;
  }

  private static int count(boolean[] targets) {
    int count = 0;
    for (boolean target : targets) {
      count += target ? 1 : 0;
    }
    return count;
  }

  private static byte[] bytes(int[] tokens) {
    ByteBuffer buffer =
        ByteBuffer.allocate(tokens.length * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asIntBuffer().put(tokens);
    return buffer.array();
  }

  /** By a hash of the content, so that a record's copies never stand on both sides. */
  private String split(Example example) {
    long bits = Long.parseUnsignedLong(Sha256.of(content(example)).substring(0, 16), 16) >>> 11;
    return bits * 0x1.0p-53 < validationFraction ? VALIDATION : TRAIN;
  }

  private static String content(Example example) {
    if (example instanceof Example.Instruction parts) {
      return String.join("\u0000", parts.instruction(), parts.input(), parts.output());
    }
    StringBuilder text = new StringBuilder();
    for (Message message : ((Example.Conversation) example).messages()) {
      text.append(message.role()).append('\0').append(message.content()).append('\0');
    }
    return text.toString();
  }
}
