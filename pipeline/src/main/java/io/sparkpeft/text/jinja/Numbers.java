package io.sparkpeft.text.jinja;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/** Arithmetic on values: Python's int and float, and sums and products of texts and lists. */
final class Numbers {
  private Numbers() {}

  static int compare(Object a, Object b) {
    return isWhole(a) && isWhole(b)
        ? Long.compare(whole(a), whole(b))
        : Double.compare(decimal(a), decimal(b));
  }

  static String text(Number number) {
    if (isWhole(number)) {
      return Long.toString(number.longValue());
    }
    double value = number.doubleValue();
    boolean plain = Math.abs(value) < 1e16 && (value == 0 || Math.abs(value) >= 1e-4);
    return plain && !Double.isNaN(value)
        ? new BigDecimal(Double.toString(value)).toPlainString()
        : Double.toString(value).replace("E", "e").replace("Infinity", "inf").replace("NaN", "nan");
  }

  static Object apply(String operator, Object a, Object b) {
    if (operator.equals("+") && a instanceof String left && b instanceof String right) {
      return left + right;
    }
    if (operator.equals("+") && a instanceof List<?> left && b instanceof List<?> right) {
      List<Object> both = new ArrayList<>(left);
      both.addAll(right);
      return both;
    }
    if (operator.equals("*") && a instanceof String text && isWhole(b)) {
      return text.repeat((int) Math.max(0, whole(b)));
    }
    if (operator.equals("%") && a instanceof String format) {
      return Methods.format(format, b);
    }
    if (!isNumber(a) || !isNumber(b)) {
      throw new JinjaException(
          "cannot compute " + Values.repr(a) + " " + operator + " " + Values.repr(b));
    }
    return isWhole(a) && isWhole(b) && !operator.equals("/")
        ? ofWhole(operator, whole(a), whole(b))
        : ofDecimal(operator, decimal(a), decimal(b));
  }

  private static Object ofWhole(String operator, long a, long b) {
    if (b == 0 && (operator.equals("//") || operator.equals("%"))) {
      throw new JinjaException("division by zero");
    }
    return switch (operator) {
      case "+" -> Math.addExact(a, b);
      case "-" -> Math.subtractExact(a, b);
      case "*" -> Math.multiplyExact(a, b);
      case "//" -> Math.floorDiv(a, b);
      case "%" -> Math.floorMod(a, b);
      default -> power(a, b);
    };
  }

  /** Python's: whole numbers stay whole unless the exponent is negative. */
  private static Object power(long a, long b) {
    double power = Math.pow((double) a, (double) b);
    return b < 0 ? (Object) power : (Object) Math.round(power);
  }

  private static Object ofDecimal(String operator, double a, double b) {
    if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
      throw new JinjaException("division by zero");
    }
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor(a / b);
      case "%" -> a - b * Math.floor(a / b);
      default -> Math.pow(a, b);
    };
  }

  static Object negated(Object value) {
    return apply("-", 0L, value);
  }

  static boolean isNumber(Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  static boolean isWhole(Object value) {
    return isNumber(value)
        && !(value instanceof Double)
        && !(value instanceof Float)
        && !(value instanceof BigDecimal);
  }

  static long whole(Object value) {
    return value instanceof Boolean flag ? (flag ? 1 : 0) : ((Number) value).longValue();
  }

  static double decimal(Object value) {
    return value instanceof Boolean flag ? (flag ? 1 : 0) : ((Number) value).doubleValue();
  }
}
