package io.sparkpeft.data;

import java.io.Serializable;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What became of a source's records.
 *
 * @param records kept
 * @param dropped records left out, by reason
 * @param truncated kept, but cut at the maximal length
 * @param tokens of the records kept
 * @param targetTokens among them those to be predicted
 * @param straddlingTokens partly prompt, partly answer, and therefore masked
 * @param unknownTokens for text that the vocabulary does not know
 * @param endedRecords whose last token is a target, so that the model learns to stop
 */
public record TokenAudit(
    long records,
    SortedMap<String, Long> dropped,
    long truncated,
    long tokens,
    long targetTokens,
    long straddlingTokens,
    long unknownTokens,
    long endedRecords)
    implements Serializable {

  public TokenAudit(
      long records,
      Map<String, Long> dropped,
      long truncated,
      long tokens,
      long targetTokens,
      long straddlingTokens,
      long unknownTokens,
      long endedRecords) {
    this(
        records,
        (SortedMap<String, Long>) new TreeMap<>(dropped),
        truncated,
        tokens,
        targetTokens,
        straddlingTokens,
        unknownTokens,
        endedRecords);
  }

  public long droppedRecords() {
    return dropped.values().stream().mapToLong(Long::longValue).sum();
  }
}
