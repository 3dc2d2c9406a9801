/** Whether scores are good enough: rules, what a score is compared with, verdicts. */
package io.sparkpeft.eval.gate;
