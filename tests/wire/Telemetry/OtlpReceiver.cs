using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace NetSniff.Tests.Wire.Telemetry;

/// <param name="Parent">Hex; empty for the root of a trace.</param>
internal sealed record ReceivedSpan(string Trace, string Id, string Parent, string Name, string Service);

/// <summary>Somebody to send to: takes OTLP over gRPC or HTTP and reads what of it the tests look at, by the numbers of
/// its fields (opentelemetry/proto, version 1).</summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication _web;

    private OtlpReceiver(WebApplication web) => _web = web;

    public ConcurrentQueue<ReceivedSpan> Spans { get; } = [];

    public ConcurrentDictionary<string, double> Metrics { get; } = [];

    public ConcurrentQueue<string> Logs { get; } = [];

    public ConcurrentQueue<string> Paths { get; } = [];

    /// <summary>Every value of an attribute of any data point.</summary>
    public ConcurrentDictionary<string, bool> AttributeValues { get; } = [];

    public string Address =>
        _web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();

    public static async Task<OtlpReceiver> StartAsync(bool isGrpc)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            listen.Protocols = isGrpc ? HttpProtocols.Http2 : HttpProtocols.Http1));
        var receiver = new OtlpReceiver(builder.Build());
        receiver._web.MapPost("/{**path}", receiver.TakeAsync);
        await receiver._web.StartAsync();
        return receiver;
    }

    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var bytes = body.ToArray();
        var path = context.Request.Path.Value!;
        Paths.Enqueue(path);
        var isGrpc = context.Request.ContentType == "application/grpc";
        if (isGrpc) bytes = bytes.AsSpan(5, BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(1))).ToArray();
        foreach (var resource in Fields(bytes, 1)) TakeResource(path, resource);
        if (!isGrpc) return;

        context.Response.ContentType = "application/grpc";
        context.Response.DeclareTrailer("grpc-status");
        await context.Response.Body.WriteAsync(new byte[5]);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    private void TakeResource(string path, byte[] resource)
    {
        var service = Fields(resource, 1).SelectMany(one => Fields(one, 1))
            .Where(attribute => Text(attribute, 1) == "service.name")
            .Select(attribute => Text(Fields(attribute, 2).Single(), 1)).SingleOrDefault() ?? "";
        foreach (var one in Fields(resource, 2).SelectMany(scope => Fields(scope, 2)))
        {
            if (path.Contains("trace", StringComparison.OrdinalIgnoreCase))
            {
                Spans.Enqueue(new ReceivedSpan(Hex(one, 1), Hex(one, 2), Hex(one, 4), Text(one, 5), service));
            }
            else if (path.Contains("metrics", StringComparison.OrdinalIgnoreCase))
            {
                var points = Fields(one, 5).Concat(Fields(one, 7)).SelectMany(kind => Fields(kind, 1)).ToList();
                foreach (var value in points.SelectMany(point => Fields(point, 7)).SelectMany(pair => Fields(pair, 2)))
                {
                    foreach (var text in Fields(value, 1)) AttributeValues[Encoding.UTF8.GetString(text)] = true;
                }

                Metrics[Text(one, 1)] = points.Sum(point => Number(point));
            }
            else
            {
                Logs.Enqueue(Text(Fields(one, 5).Single(), 1));
            }
        }
    }

    private static string Text(byte[] message, int number) => Encoding.UTF8.GetString(Fields(message, number).Single());

    private static string Hex(byte[] message, int number) =>
        Convert.ToHexStringLower(Fields(message, number).SingleOrDefault() ?? []);

    /// <summary>A data point's value: a double in field 4, or a whole number in field 6.</summary>
    private static double Number(byte[] point)
    {
        var input = new CodedInputStream(point);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == WireFormat.MakeTag(4, WireFormat.WireType.Fixed64)) return input.ReadDouble();
            if (tag == WireFormat.MakeTag(6, WireFormat.WireType.Fixed64)) return input.ReadSFixed64();
            input.SkipLastField();
        }

        return 0;
    }

    /// <summary>Every occurrence of a field that is a message, text or bytes.</summary>
    private static IEnumerable<byte[]> Fields(byte[] message, int number)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited))
            {
                yield return input.ReadBytes().ToByteArray();
            }
            else
            {
                input.SkipLastField();
            }
        }
    }
}
