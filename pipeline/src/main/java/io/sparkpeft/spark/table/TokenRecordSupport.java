package io.sparkpeft.spark.table;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.api.InitContext;
import org.apache.parquet.hadoop.api.ReadSupport;
import org.apache.parquet.io.api.Binary;
import org.apache.parquet.io.api.Converter;
import org.apache.parquet.io.api.GroupConverter;
import org.apache.parquet.io.api.PrimitiveConverter;
import org.apache.parquet.io.api.RecordMaterializer;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;

/** Parquet to {@link TokenRecord}, column by column and reading no other columns. */
final class TokenRecordSupport extends ReadSupport<TokenRecord> {
  private static final List<String> COLUMNS = List.of("sample_index", "tokens", "targets", "split");

  @Override
  public ReadContext init(InitContext context) {
    MessageType file = context.getFileSchema();
    Type[] wanted = COLUMNS.stream().map(file::getType).toArray(Type[]::new);
    return new ReadContext(new MessageType(file.getName(), wanted));
  }

  @Override
  @SuppressWarnings("deprecation") // abstract in ReadSupport: there is no other to implement
  public RecordMaterializer<TokenRecord> prepareForRead(
      Configuration configuration,
      Map<String, String> metadata,
      MessageType fileSchema,
      ReadContext context) {
    return new Materializer();
  }

  private static final class Materializer extends RecordMaterializer<TokenRecord> {
    private final LongCell sampleIndex = new LongCell();
    private final BinaryCell tokens = new BinaryCell();
    private final BinaryCell targets = new BinaryCell();
    private final BinaryCell split = new BinaryCell();
    private final List<Converter> cells = Arrays.asList(sampleIndex, tokens, targets, split);

    @Override
    public TokenRecord getCurrentRecord() {
      return new TokenRecord(
          sampleIndex.value,
          tokens.value.getBytes(),
          targets.value.getBytes(),
          split.value.toStringUsingUTF8());
    }

    @Override
    public GroupConverter getRootConverter() {
      return new GroupConverter() {
        @Override
        public Converter getConverter(int field) {
          return cells.get(field);
        }

        @Override
        public void start() {}

        @Override
        public void end() {}
      };
    }
  }

  private static final class LongCell extends PrimitiveConverter {
    private long value;

    @Override
    public void addLong(long newValue) {
      value = newValue;
    }
  }

  private static final class BinaryCell extends PrimitiveConverter {
    private Binary value = Binary.EMPTY;

    @Override
    public void addBinary(Binary newValue) {
      value = newValue.copy();
    }
  }
}
