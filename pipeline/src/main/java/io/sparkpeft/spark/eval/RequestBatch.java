package io.sparkpeft.spark.eval;

import io.sparkpeft.eval.Request;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Requests that the model answers at once. Batches are cut from all requests in order of their
 * contexts, so that what these begin with alike is read once, and before they are spread over
 * executors: so what a request is computed with, and every bit of its answer, does not depend on
 * how many executors there are.
 *
 * @param indexes places of the requests among all
 */
record RequestBatch(List<Integer> indexes, List<Request> requests) implements Serializable {

  RequestBatch {
    indexes = List.copyOf(indexes);
    requests = List.copyOf(requests);
  }

  /** Cuts requests into batches, the one with most to read first; equals keep their order. */
  static List<RequestBatch> cut(List<Request> requests, int batchSize) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < requests.size(); i++) {
      order.add(i);
    }
    order.sort(Comparator.comparing(i -> requests.get(i).context()));
    List<RequestBatch> batches = new ArrayList<>();
    for (int from = 0; from < order.size(); from += batchSize) {
      List<Integer> part = order.subList(from, Math.min(from + batchSize, order.size()));
      batches.add(new RequestBatch(part, part.stream().map(requests::get).toList()));
    }
    batches.sort(Comparator.comparingInt(batch -> -batch.characters()));
    return batches;
  }

  private int characters() {
    return requests.stream()
        .mapToInt(request -> request.context().length() + request.continuation().length())
        .sum();
  }

  /** Deals batches out like cards, so that every hand has long and short ones. */
  static <T> List<List<T>> deal(List<T> batches, int hands) {
    List<List<T>> dealt = new ArrayList<>();
    for (int hand = 0; hand < Math.min(hands, batches.size()); hand++) {
      dealt.add(new ArrayList<>());
    }
    for (int i = 0; i < batches.size(); i++) {
      dealt.get(i % dealt.size()).add(batches.get(i));
    }
    return dealt;
  }
}
