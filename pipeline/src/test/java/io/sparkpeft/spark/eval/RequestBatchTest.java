package io.sparkpeft.spark.eval;

import static org.assertj.core.api.Assertions.assertThat;

import io.sparkpeft.eval.Request;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestBatchTest {
  private static final List<Request> REQUESTS =
      IntStream.of(3, 9, 1, 9, 5)
          .mapToObj(length -> new Request("t", length, 0, "x".repeat(length), "y"))
          .toList();

  @Test
  void whatBeginsAlikeComesIntoOneBatchAndTheLongestBatchFirst() {
    assertThat(RequestBatch.cut(REQUESTS, 2))
        .extracting(RequestBatch::indexes)
        .containsExactly(List.of(4, 1), List.of(3), List.of(2, 0));
  }

  @Test
  void aHandGetsEveryNthBatch() {
    assertThat(RequestBatch.deal(List.of(1, 2, 3, 4, 5), 2))
        .containsExactly(List.of(1, 3, 5), List.of(2, 4));
    assertThat(RequestBatch.deal(List.of(1, 2), 8)).containsExactly(List.of(1), List.of(2));
  }
}
