package io.sparkpeft.api.bench;

import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.api.bench.GemmLimit.Direction;
import io.sparkpeft.api.bench.GemmLimit.Rate;
import io.sparkpeft.api.bench.GemmLimit.Shape;
import io.sparkpeft.tensor.Product;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * The measured speeds of products.
 *
 * @param rows of the batch that was multiplied
 */
record GemmRates(int rows, List<Rate> rates) {
  GemmRates {
    rates = List.copyOf(rates);
  }

  /** The fastest product of all, by wall time, of all workers together. */
  Rate fastest() {
    return rates.stream()
        .reduce((a, b) -> a.flopsPerSecond() >= b.flopsPerSecond() ? a : b)
        .orElseThrow();
  }

  /** The fastest by processor time, of one worker. */
  double perProcessorSecond() {
    return rates.stream().mapToDouble(Rate::flopsPerProcessorSecond).max().orElseThrow();
  }

  /** The speed of the model's own mix of products, each by the library that is best at it. */
  double mixed(List<LinearModule> modules) {
    return mixed(modules, Rate::flopsPerSecond, rate -> true);
  }

  /** The same by one library and in processor time, of one worker. */
  double mixedPerProcessorSecond(List<LinearModule> modules, Product product) {
    return mixed(modules, Rate::flopsPerProcessorSecond, rate -> rate.product() == product);
  }

  /** All operations over all the time that they take: a weighted harmonic mean. */
  private double mixed(
      List<LinearModule> modules, ToDoubleFunction<Rate> speed, Predicate<Rate> choice) {
    double operations = 0;
    double seconds = 0;
    for (LinearModule module : modules) {
      for (Direction direction : Direction.values()) {
        double size = (double) module.in() * module.out();
        operations += size;
        seconds += size / best(Shape.of(module), direction, speed, choice);
      }
    }
    return operations / seconds;
  }

  private double best(
      Shape shape, Direction direction, ToDoubleFunction<Rate> speed, Predicate<Rate> choice) {
    return rates.stream()
        .filter(rate -> rate.shape().equals(shape) && rate.direction() == direction)
        .filter(choice)
        .mapToDouble(speed)
        .max()
        .orElseThrow();
  }
}
