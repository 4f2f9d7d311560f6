using System.Text.Json.Nodes;
using NetSniff.Operator.Workers;

namespace NetSniff.Tests.Operator.Workers;

public class WorkerObjectsTests
{
    private const string Number = """ "fieldsV1": {"f:spec": {"f:replicas": {}}} """;
    private const string Rest = """ "fieldsV1": {"f:spec": {"f:template": {}}} """;

    [Theory]
    [InlineData("", false)]
    [InlineData("""{"manager": "netsniff-operator", "operation": "Apply",""" + Number + "}", false)]
    [InlineData("""{"manager": "kube-controller-manager", "operation": "Update",""" + Rest + "}", false)]
    [InlineData("""{"manager": "netsniff-operator", "operation": "Apply",""" + Number
        + """}, {"manager": "netsniff-scaler", "operation": "Apply",""" + Number + "}", true)]
    [InlineData("""{"manager": "kubectl", "operation": "Update", "subresource": "scale",""" + Number + "}", true)]
    [InlineData(
        """{"manager": "netsniff-operator", "operation": "Update", "subresource": "scale",""" + Number + "}", true)]
    public void The_number_of_workers_is_others_where_others_hold_it(string managers, bool expected) => Assert.Equal(
        expected,
        WorkerObjects.IsScaledByOthers(
            JsonNode.Parse($$$"""{"metadata": {"managedFields": [{{{managers}}}]}}""")!.AsObject()));
}
