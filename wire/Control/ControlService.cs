using Grpc.Core;
using NetSniff.Wire.Security;
using NetSniff.Wire.V1;

namespace NetSniff.Wire.Control;

/// <summary>A worker's end of the conversations about tasks.</summary>
public sealed class ControlService(SensorLinks links) : Tasking.TaskingBase
{
    private static readonly TimeSpan s_helloMax = TimeSpan.FromSeconds(5);
    private const int NameLengthMax = 256;

    public override async Task Attend(
        IAsyncStreamReader<FromTasked> requestStream,
        IServerStreamWriter<FromTasker> responseStream,
        ServerCallContext context)
    {
        var hello = await HelloAsync(requestStream, context.CancellationToken).ConfigureAwait(false);
        if (!SensorName.MaySend(context.GetHttpContext().Connection.ClientCertificate, hello.Sensor))
        {
            throw new RpcException(new Status(
                StatusCode.PermissionDenied, "the certificate names a sensor, and this spool is not one of its"));
        }

        var link = links.Open(hello)
            ?? throw new RpcException(new Status(StatusCode.ResourceExhausted, "no room for this sensor now"));
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(
            context.CancellationToken, link.Superseded, links.Leaving);
        var writing = WriteAsync(link, responseStream, ending.Token);
        try
        {
            while (await requestStream.MoveNext(ending.Token).ConfigureAwait(false)) link.Take(requestStream.Current);
        }
        catch (Exception end) when (end is OperationCanceledException or IOException)
        {
            // Its end, ours, or the line's.
        }
        finally
        {
            links.Close(link, links.Leaving.IsCancellationRequested ? "the worker leaves" : TaskTree.WentAway);
            await ending.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(false);
            link.Dispose();
        }
    }

    private static async Task<ControlHello> HelloAsync(
        IAsyncStreamReader<FromTasked> requests, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(s_helloMax);
        var hasFirst = await requests.MoveNext(limit.Token).ConfigureAwait(false);
        var hello = hasFirst ? requests.Current.Hello : null;
        return hello is { Sensor.Length: > 0 and <= NameLengthMax, Node.Length: <= NameLengthMax }
            ? hello
            : throw new RpcException(new Status(StatusCode.InvalidArgument, "a conversation begins with ControlHello"));
    }

    private static async Task WriteAsync(
        SensorLink link, IServerStreamWriter<FromTasker> answers, CancellationToken ending)
    {
        try
        {
            await foreach (var word in link.Words.ReadAllAsync(ending).ConfigureAwait(false))
            {
                await answers.WriteAsync(word, CancellationToken.None).ConfigureAwait(false);
            }
        }
        catch (Exception end) when (end is OperationCanceledException or InvalidOperationException or IOException)
        {
            // The connection is over; so is this.
        }
    }
}
