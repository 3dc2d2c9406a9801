package io.sparkpeft.base;

/**
 * What a job's process ends with. The numbers are those of sysexits.h where it has one, so that
 * schedulers can tell a mistake from bad luck: only {@link #TRY_AGAIN} is worth a retry.
 */
public enum ExitCode {
  OK(0),
  USAGE(64),
  DATA(65),
  MISSING_INPUT(66),
  NO_SLOTS(69),
  INTERNAL(70),
  CANNOT_WRITE(73),
  TRY_AGAIN(75),
  CONFIGURATION(78),
  GATE_NOT_PASSED(99);

  private final int number;

  ExitCode(int number) {
    this.number = number;
  }

  public int number() {
    return number;
  }
}
