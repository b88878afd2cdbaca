<?php
$payload = [
  "fileUrl" => "https://example.com/calls/call-123.mp3",
  "fileName" => "call-123.mp3",
  "language" => "auto",
  "externalId" => "crm-call-123",
  "idempotencyKey" => "crm-call-123"
];

$ch = curl_init("https://your-domain.com/api/v1/analyses");
curl_setopt_array($ch, [
  CURLOPT_POST => true,
  CURLOPT_HTTPHEADER => [
    "Authorization: Bearer " . getenv("CALL_TRACE_API_KEY"),
    "Content-Type: application/json"
  ],
  CURLOPT_POSTFIELDS => json_encode($payload),
  CURLOPT_RETURNTRANSFER => true
]);

$response = curl_exec($ch);
echo json_decode($response)->analysisId . "\n";
