using System.Globalization;
using System.Net;
using System.Text.Json;

namespace NetSniff.Kube;

/// <summary>Why a request came to nothing, in as many words as a metric's label may have.</summary>
public enum FailureKind : byte
{
    /// <summary>No connection, or one that was cut.</summary>
    Unreachable,

    /// <summary>Nothing came for too long.</summary>
    Silent,

    /// <summary>We are not who may ask: 401, 403.</summary>
    Forbidden,

    /// <summary>There is no such kind here: 404.</summary>
    NotServed,

    /// <summary>What we know is too old to go on from: 410.</summary>
    Expired,

    /// <summary>The server is asked too much: 429.</summary>
    Throttled,

    /// <summary>5xx.</summary>
    ServerError,

    /// <summary>Any other refusal.</summary>
    Refused,

    /// <summary>An answer that is not what it should be: half a document, a line without end.</summary>
    Malformed,
}

/// <param name="RetryAfter">The server's own wish; zero where it has none.</param>
public readonly record struct ApiFailure(FailureKind Kind, string Text, TimeSpan RetryAfter = default)
{
    /// <summary>What is read of an answer that is an error.</summary>
    private const int TextMax = 16 * 1024;

    /// <summary>A server that asks for more is not obeyed: who comes after an hour might as well not come.</summary>
    private static readonly TimeSpan s_retryAfterMax = TimeSpan.FromMinutes(2);

    public static FailureKind KindOf(int code) => code switch
    {
        401 or 403 => FailureKind.Forbidden,
        404 => FailureKind.NotServed,
        410 => FailureKind.Expired,
        429 => FailureKind.Throttled,
        >= 500 => FailureKind.ServerError,
        _ => FailureKind.Refused,
    };

    public static async Task<ApiFailure> OfAsync(HttpResponseMessage response, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(response);
        var wish = response.Headers.RetryAfter?.Delta ?? TimeSpan.Zero;
        var text = "";
        try
        {
            var buffer = new byte[TextMax];
            using var stream = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            var length = await stream.ReadAtLeastAsync(buffer, TextMax, throwOnEndOfStream: false, cancel)
                .ConfigureAwait(false);
            text = MessageOf(buffer.AsMemory(0, length));
        }
        catch (Exception problem) when (problem is IOException or HttpRequestException)
        {
            // The code alone says enough.
        }

        return Of((int)response.StatusCode, text, wish);
    }

    /// <summary>Of a watch's ERROR event: a Status object.</summary>
    public static ApiFailure Of(JsonElement status)
    {
        var code = status.ValueKind == JsonValueKind.Object && status.TryGetProperty("code", out var number)
            && number.ValueKind == JsonValueKind.Number && number.TryGetInt32(out var value) ? value : 500;
        var wish = status.ValueKind == JsonValueKind.Object && status.TryGetProperty("details", out var details)
            && details.ValueKind == JsonValueKind.Object && details.TryGetProperty("retryAfterSeconds", out var after)
            && after.ValueKind == JsonValueKind.Number && after.TryGetInt32(out var seconds) ? seconds : 0;
        return Of(code, status.Text("message"), TimeSpan.FromSeconds(wish));
    }

    private static ApiFailure Of(int code, string text, TimeSpan wish)
    {
        var name = Enum.IsDefined((HttpStatusCode)code) ? ((HttpStatusCode)code).ToString() : "error";
        var said = text.Length > 0 ? $": {text}" : "";
        return new ApiFailure(
            KindOf(code),
            string.Create(CultureInfo.InvariantCulture, $"{code} {name}{said}"),
            wish < TimeSpan.Zero ? TimeSpan.Zero : wish > s_retryAfterMax ? s_retryAfterMax : wish);
    }

    private static string MessageOf(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var status = JsonDocument.Parse(body);
            return status.RootElement.Text("message");
        }
        catch (JsonException)
        {
            return "";
        }
    }
}
