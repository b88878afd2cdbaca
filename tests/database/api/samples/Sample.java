import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.regex.Pattern;

class Sample {
  public static void main(String[] arguments) throws Exception {
HttpRequest request = HttpRequest.newBuilder()
  .uri(URI.create("https://your-domain.com/api/v1/analyses"))
  .header("Authorization", "Bearer " + System.getenv("CALL_TRACE_API_KEY"))
  .header("Content-Type", "application/json")
  .POST(HttpRequest.BodyPublishers.ofString("""
    {
      "fileUrl": "https://example.com/calls/call-123.mp3",
      "fileName": "call-123.mp3",
      "language": "auto",
      "externalId": "crm-call-123",
      "idempotencyKey": "crm-call-123"
    }
  """))
  .build();

HttpResponse<String> response = HttpClient.newHttpClient()
  .send(request, HttpResponse.BodyHandlers.ofString());

    var found = Pattern.compile("\"analysisId\":\\s*\"([^\"]+)\"").matcher(response.body());
    System.out.println(found.find() ? found.group(1) : response.body());
  }
}
