/* SPDX-License-Identifier: Apache-2.0 */
#include "node/import/nrii.h"

#include <string.h>

/* Keys, limits and what may not be empty: domain notes of the national
 * interface (管理单位数据报送规范, type 4), as the code of its clients has
 * them. */
const struct nrii_key nrii_equipment[NRII_EQUIPMENT_KEYS] = {
    {"insCode", NULL, 32, true},
    {"innerId", "inner_id", 150, true},
    {"cname", "name_zh", 100, true},
    {"ename", "name_en", 100, true},
    {"instrBelongsType", "carrier_type", 0, true},
    {"instrBelongsName", "carrier_id", 150, false},
    {"resourceName", "carrier_name", 100, false},
    {"insideDepart", "department", 100, true},
    {"instrCategory", "class_code", 6, true},
    {"instrSource", "source", 0, true},
    {"instrSupervise", "customs_supervised", 0, true},
    {"worth", "worth", 0, true},
    {"nation", "nation", 0, true},
    {"manufacturer", "manufacturer", 50, true},
    {"beginDate", "begin_date", 10, true},
    {"type", "kind", 0, true},
    {"instrVersion", "model", 100, true},
    {"technical", "technical", 500, true},
    {"function", "function", 300, true},
    {"subject", "subjects", 0, true},
    {"serviceContent", "service_content", 200, true},
    {"achievement", "achievement", 500, true},
    {"requirement", "requirement", 500, true},
    {"fee", "fee", 500, true},
    {"serviceUrl", "service_url", 100, false},
    {"funds", "funds", 0, true},
    {"runMachine", "run_hours", 0, true},
    {"serviceMachine", "service_hours", 0, true},
    {"status", "status", 0, false},
    {"shareMode", "share_mode", 0, false},
    {"province", NULL, 0, true},
    {"city", NULL, 0, true},
    {"county", NULL, 0, true},
    {"street", "street", 100, true},
    {"contact", "contact", 20, true},
    {"phone", "phone", 20, true},
    {"email", "email", 50, true},
    {"address", "address", 100, true},
    {"postalcode", "postcode", 6, true},
    {"image", "image_url", 0, false},
};
const size_t nrii_equipment_count =
    sizeof(nrii_equipment) / sizeof(nrii_equipment[0]);

static const char nrii_mapping[] =
    "column,attribute,value,as\n"
    ",@record,instrument,\n"
    ",unit_scheme,nrii,\n"
    "insCode,unit_id,,\n"
    "innerId,inner_id,,\n"
    "cname,name_zh,,\n"
    "ename,name_en,,\n"
    "instrBelongsType,carrier_type,,\"1=center; 2=facility; 3=service; 4=none; "
    "6=laboratory; 7=engineering; 8=biobank\"\n"
    "instrBelongsName,carrier_id,,\n"
    "resourceName,carrier_name,,\n"
    "insideDepart,department,,\n"
    "instrCategory,class_code,,\n"
    "instrSource,source,,\n"
    "instrSupervise,customs_supervised,,\n"
    "worth,worth,,万元\n"
    "nation,nation,,\n"
    "manufacturer,manufacturer,,\n"
    "beginDate,begin_date,,\n"
    "type,kind,,\n"
    "instrVersion,model,,\n"
    "technical,technical,,\n"
    "function,function,,\n"
    "subject,subjects,,\n"
    "serviceContent,service_content,,\n"
    "achievement,achievement,,\n"
    "requirement,requirement,,\n"
    "fee,fee,,\n"
    "serviceUrl,service_url,,\n"
    "funds,funds,,\n"
    "runMachine,run_hours,,\n"
    "serviceMachine,service_hours,,\n"
    "status,status,,\n"
    "shareMode,share_mode,,\n"
    "province,province,,\n"
    "city,city,,\n"
    "county,county,,\n"
    "street,street,,\n"
    "contact,contact,,\n"
    "phone,phone,,\n"
    "email,email,,\n"
    "address,address,,\n"
    "postalcode,postcode,,\n"
    "image,image_url,,\n"
    "auditStatus,-,,\n";

/* UNIQUIP 1.0 (data.ac.uk, 2015): its headings. Whose register it is, its file
 * does not say: add ",unit_scheme,ror," and ",unit_id,...". */
static const char uniquip_mapping[] = "column,attribute,value,as\n"
                                      ",@record,instrument,\n"
                                      "Type,-,,\n"
                                      "ID,inner_id,,\n"
                                      "Name,name_en,,\n"
                                      "Description,technical,,\n"
                                      "Related Facility ID,carrier_id,,\n"
                                      "Technique,function,,\n"
                                      "Technique:cpv,-,,\n"
                                      "Technique:N8,-,,\n"
                                      "Department,department,,\n"
                                      "Site Location,address,,\n"
                                      "Building,street,,\n"
                                      "Location,-,,\n"
                                      "Contact Name,contact,,\n"
                                      "Contact Telephone,phone,,\n"
                                      "Contact URL,service_url,,\n"
                                      "Contact Email,email,,\n"
                                      "Secondary Contact Name,-,,\n"
                                      "Secondary Contact Telephone,-,,\n"
                                      "Secondary Contact URL,-,,\n"
                                      "Secondary Contact Email,-,,\n"
                                      "Photo,image_url,,\n"
                                      "Service Level,requirement,,\n"
                                      "Web Address,-,,\n"
                                      /* What equipment.data.ac.uk adds. */
                                      "Institution Name,-,,\n"
                                      "Institution URL,-,,\n"
                                      "Institution Logo URL,-,,\n"
                                      "Datestamp,-,,\n"
                                      "Approximate Coordinates,-,,\n"
                                      "Corrections,-,,\n";

const char *mapping_known(const char *name)
{
    return strcmp(name, "nrii") == 0      ? nrii_mapping
           : strcmp(name, "uniquip") == 0 ? uniquip_mapping
                                          : NULL;
}
