package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"strings"
)

func main() {
	payload := strings.NewReader(`{
  "fileUrl": "https://example.com/calls/call-123.mp3",
  "fileName": "call-123.mp3",
  "language": "auto",
  "externalId": "crm-call-123",
  "idempotencyKey": "crm-call-123"
}`)

	req, err := http.NewRequest("POST", "https://your-domain.com/api/v1/analyses", payload)
	if err != nil {
		log.Fatal(err)
	}

	req.Header.Set("Authorization", "Bearer "+os.Getenv("CALL_TRACE_API_KEY"))
	req.Header.Set("Content-Type", "application/json")

	res, err := http.DefaultClient.Do(req)
	if err != nil {
		log.Fatal(err)
	}
	var analysis struct{ AnalysisId string }
	if err := json.NewDecoder(res.Body).Decode(&analysis); err != nil {
		log.Fatal(err)
	}
	fmt.Println(analysis.AnalysisId)
}
