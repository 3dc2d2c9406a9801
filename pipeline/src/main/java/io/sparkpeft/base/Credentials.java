package io.sparkpeft.base;

import java.util.regex.Pattern;

/** Keeps what addresses hold of names and passwords out of what is shown. */
public final class Credentials {
  private static final Pattern IN_ADDRESS = Pattern.compile("(\\w+://)[^/\\s\"@]+@");

  private Credentials() {}

  /** The text with {@code ***} in the place of {@code user:password} before a host. */
  public static String hidden(String text) {
    return IN_ADDRESS.matcher(text).replaceAll("$1***@");
  }
}
