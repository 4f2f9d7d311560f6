using NetSniff.Cli.Commands.Records;
using NetSniff.Wire.V1;

namespace NetSniff.Tests.Cli.Commands.Records;

public sealed class NothingTalkTests
{
    [Theory]
    [InlineData(0, false, "", false, "", "no sensor has sent anything yet")]
    [InlineData(0, true, "", false, "", "keeps no http records yet")]
    [InlineData(7, true, "http.status > 1", false, "", "of 7 http records none matches --where;")]
    [InlineData(7, true, "http.status > 1", true, "", "none matches --where in that time")]
    [InlineData(7, true, "", true, "", "none of that time")]
    [InlineData(7, true, "", true, "namespace shop", "none is of namespace shop; -A looks at all")]
    [InlineData(7, true, "http.status > 1", false, "namespace shop", "none matches --where;")]
    public void Why_an_answer_may_be_empty_is_said(
        int kept, bool hasSensor, string where, bool isTimed, string scope, string said)
    {
        var status = new StatusAnswer();
        status.Workers.Add(new WorkerStatus { Name = "w1" });
        status.Workers[0].Kinds.Add(new StoredKind { Kind = "http", Records = kept });
        status.Workers[0].Kinds.Add(new StoredKind { Kind = "dns", Records = 3 });
        if (hasSensor) status.Sensors.Add(new SensorState { Node = "n", IsConnected = true });
        var request = new ObserveRequest { Where = where, SinceNanos = isTimed ? 5 : 0 };
        request.Kinds.Add("http");
        Assert.Contains(said, NothingTalk.Why(status, request, scope, where.Length > 0), StringComparison.Ordinal);
    }
}
