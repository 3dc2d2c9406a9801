package io.sparkpeft.spark.table;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** A JSON array, element by element, with each one's line: Spark's own reader tells none. */
final class JsonArrayReader implements RecordReader {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final JsonParser parser;
  private boolean begun;

  JsonArrayReader(InputStream in) throws IOException {
    this.parser = MAPPER.getFactory().createParser(in);
  }

  @Override
  public Optional<Entry> next() throws IOException {
    try {
      if (!begun) {
        begin();
      }
      JsonToken token = parser.nextToken();
      if (token == JsonToken.END_ARRAY) {
        return end();
      }
      long line = parser.currentTokenLocation().getLineNr();
      if (token == null) {
        throw new BrokenFileException(line, "the array does not end");
      }
      return Optional.of(new Entry(line, MAPPER.readTree(parser).toString()));
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new BrokenFileException(
          at.getLineNr(), "column " + at.getColumnNr() + ": " + e.getOriginalMessage());
    }
  }

  private void begin() throws IOException {
    if (parser.nextToken() != JsonToken.START_ARRAY) {
      throw new BrokenFileException(
          parser.currentTokenLocation().getLineNr(), "it is no JSON array of objects");
    }
    begun = true;
  }

  private Optional<Entry> end() throws IOException {
    if (parser.nextToken() != null) {
      throw new BrokenFileException(
          parser.currentTokenLocation().getLineNr(), "something follows the array");
    }
    return Optional.empty();
  }

  @Override
  public void close() throws IOException {
    parser.close();
  }
}
