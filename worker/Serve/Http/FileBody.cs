using Microsoft.AspNetCore.Http;
using NetSniff.Wire.V1;

namespace NetSniff.Worker.Serve.Http;

/// <summary>A kept file as the body of an answer.</summary>
internal sealed class FileBody(HttpContext context) : IAnswers<FetchAnswer>
{
    public const string HashHeader = "x-netsniff-sha256";

    public Task WriteAsync(FetchAnswer answer, CancellationToken cancel)
    {
        if (answer.File is not { } file) return context.Response.Body.WriteAsync(answer.Data.Memory, cancel).AsTask();

        var response = context.Response;
        var isClassic = file.Name.EndsWith(".pcap", StringComparison.Ordinal);
        response.ContentType = isClassic ? "application/vnd.tcpdump.pcap" : "application/x-pcapng";
        response.ContentLength = (long)file.Bytes;
        response.Headers.CacheControl = "no-store";
        response.Headers[HashHeader] = file.Sha256;
        return Task.CompletedTask;
    }
}
