"""Events, endpoints, deliveries, attempts, signing, schedules."""
