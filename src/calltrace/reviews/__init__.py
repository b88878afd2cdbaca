"""People over the machine: verdicts, comments, the review queue, appeals, calibration, agreement, teams."""
