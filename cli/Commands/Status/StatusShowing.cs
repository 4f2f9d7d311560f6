using System.Text;
using System.Text.Json;
using NetSniff.Cli.Outputs.Table;
using NetSniff.Cli.Plugin;
using NetSniff.Kube;
using NetSniff.Wire.Querying;
using NetSniff.Wire.V1;
using NetSniff.Worker.Serve.Http;

namespace NetSniff.Cli.Commands.Status;

/// <summary>Asks how everything is, and shows it.</summary>
/// <param name="line">Null for JSON.</param>
/// <param name="isWhole">Whether balances have every line.</param>
internal sealed class StatusShowing(Terminal terminal, Line? line, bool isWhole)
{
    private readonly OutputBuffer _buffer = new(terminal.Output);

    /// <summary>One worker, which asks the others.</summary>
    /// <returns>Whether all of them answered.</returns>
    public bool Of(QueryEndpoint endpoint, CancellationToken cancel)
    {
        var answer = Ask(endpoint, cancel);
        if (line is not null) Page(line, answer);
        else Json(json => AnswerJson.Write(json, answer));
        _buffer.Flush();
        return answer.Completeness.Absent.Count == 0;
    }

    /// <summary>The profiles of a cluster, and its workers. Profiles are shown, whatever becomes of the rest.</summary>
    public bool OfCluster(ClusterWay way, CancellationToken cancel)
    {
        using var own = way;
        var profiles = Profiles(way, cancel);
        if (line is not null)
        {
            if (profiles is not null) new ProfilesPage(_buffer, line).Write(profiles);
            _buffer.EndLine();
            _buffer.Flush();
        }

        var answer = Ask(way.WorkerAsync([], cancel).GetAwaiter().GetResult(), cancel);
        if (line is not null) Page(line, answer);
        else Json(json => Write(json, profiles ?? [], answer));
        _buffer.Flush();
        return profiles is not null && answer.Completeness.Absent.Count == 0;
    }

    private static StatusAnswer Ask(QueryEndpoint endpoint, CancellationToken cancel)
    {
        using var channel = QueryChannel.To(endpoint);
        return channel.Client.Status(new StatusRequest(), cancellationToken: cancel);
    }

    /// <summary>Null where they may not be seen, which is told.</summary>
    private List<JsonElement>? Profiles(ClusterWay way, CancellationToken cancel)
    {
        try
        {
            return way.Reading.ListAsync(KubeKinds.Profiles, null, cancel).GetAwaiter().GetResult();
        }
        catch (KubeRefusal refusal) when (refusal.Kind is FailureKind.Forbidden or FailureKind.NotServed)
        {
            terminal.Say($"without profiles: {refusal.Message}");
            return null;
        }
    }

    private void Page(Line onto, StatusAnswer answer) =>
        new StatusPage(_buffer, onto, terminal.Clock, isWhole).Write(answer);

    private void Json(Action<JsonLine> write)
    {
        var json = new JsonLine(_buffer);
        write(json);
        json.End();
    }

    private static void Write(JsonLine json, List<JsonElement> profiles, StatusAnswer answer)
    {
        json.WriteStartObject();
        json.WriteStartArray("profiles"u8);
        foreach (var profile in profiles)
        {
            json.WriteStartObject();
            json.WriteString("namespace"u8, KubeObject.Namespace(profile));
            json.WriteString("name"u8, KubeObject.Name(profile));
            if (profile.Inner("status") is { } status)
            {
                json.WritePropertyName("status"u8);
                json.WriteRawValue(Encoding.UTF8.GetBytes(status.GetRawText()));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WritePropertyName("store"u8);
        AnswerJson.Write(json, answer);
        json.WriteEndObject();
    }
}
