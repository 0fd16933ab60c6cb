# Copyright (c) 2026, community.opensips contributors
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Note that this module util is **PRIVATE** to the collection. It can have breaking changes at any time.
# Do not use this from other collections or standalone plugins/modules!

# Made by data/catalogue.py, do not edit. One text, read lazily by catalogue.py: it costs no start-up time.

"""The MI commands of OpenSIPS 1.4 to 4.1, a record each; the format is told in catalogue.py."""

COMMANDS = """
=GET_CPL cpl_c read 1.4-4.0 @v4 cpl_c:get @mod 1.4-2.1 cpl-c @line 1.4-2.4 : username @rpc 3.0-4.0 : username
=LOAD_CPL cpl_c write 1.4-4.0 @v4 cpl_c:load @mod 1.4-2.1 cpl-c @line 1.4-2.4 : username cpl_filename @rpc 3.0-4.0 :
 username cpl_filename
=REMOVE_CPL cpl_c write 1.4-4.0 @v4 cpl_c:remove @mod 1.4-2.1 cpl-c @line 1.4-2.4 : username @rpc 3.0-4.0 : username
=add_blacklist_rule blacklists write 3.4-4.0 @v4 blacklists:add_rule @rpc 3.4-4.0 #expire : name rule | name rule
 expire
=address_dump permissions read 1.4-4.0 @v4 permissions:address_dump @was trusted_dump @line 1.4-2.1 : @line 2.2-2.4 :
 | partition @rpc 3.0-4.0 : | partition
=address_reload permissions action 1.4-4.0 @v4 permissions:address_reload @was trusted_reload @line 1.4-2.1 : @line
 2.2-2.4 : | partition @rpc 3.0-4.0 : | partition
=aka_av_add auth_aka action 3.5-4.0 @v4 auth_aka:av_add @rpc 3.5-4.0 : public_identity private_identity authenticate
 authorize confidentiality-key integrity-key | public_identity private_identity authenticate authorize
 confidentiality-key integrity-key algorithms
=aka_av_drop auth_aka write 3.5-4.0 @v4 auth_aka:av_drop @rpc 3.5-4.0 : public_identity private_identity authenticate
=aka_av_drop_all auth_aka write 3.5-4.0 @v4 auth_aka:av_drop_all @rpc 3.5-4.0 : public_identity private_identity
=aka_av_fail auth_aka action 3.5-4.0 @v4 auth_aka:av_fail @rpc 3.5-4.0 #count : public_identity private_identity |
 public_identity private_identity count
=allow_uri permissions read 1.4-4.0 @v4 permissions:allow_uri @old Contact=contact URI=uri @line 1.4-2.4 : basename
 uri contact @rpc 3.0-4.0 : basename uri contact
=arg core read 1.4-4.0 @v4 core:arg @line 1.4-2.4 : @rpc 3.0-4.0 :
=b2b_bridge b2b_logic action 1.6-4.0 @v4 b2b_logic:bridge @old dialog=dialog_id @line 1.6-1.8 : dialog_id new_uri |
 dialog_id new_uri flag @line 1.9-2.4 : dialog_id new_uri | dialog_id new_uri flag | dialog_id new_uri flag
 prov_media_uri @rpc 3.0-4.0 #flag : dialog_id new_uri | dialog_id new_uri flag | dialog_id new_uri prov_media_uri |
 dialog_id new_uri flag prov_media_uri
=b2b_list b2b_logic read 1.6-4.0 @v4 b2b_logic:list @line 1.6-2.4 : @rpc 3.0-4.0 :
=b2b_terminate_call b2b_logic action 1.6-4.0 @v4 b2b_logic:terminate_call @line 1.6-2.4 : key @rpc 3.0-3.0 : @rpc
 3.1-4.0 : key
=b2b_trigger_scenario b2b_logic action 1.6-4.0 @v4 b2b_logic:trigger_scenario @old senario_id=scenario_id @line
 1.6-2.4 : scenario_id scenario_params* @rpc 3.0-3.1 *scenario_params=string : scenario_id scenario_params @rpc
 3.2-4.0 *context=string : scenario_id entity1 entity2 | scenario_id entity1 entity2 context
=b2be_list b2b_entities read 1.7-4.0 @v4 b2b_entities:list @line 1.7-2.4 : @rpc 3.0-4.0 :
=bdb_reload db_berkeley action 1.4-4.0 @v4 db_berkeley:reload @lost yes @line 1.4-2.4 : table_path @rpc 3.0-4.0 :
 table_path
=bla lua read 1.8-2.4 @line 1.8-2.4 :
=bm_enable_global benchmark write 1.4-4.0 @v4 benchmark:enable_global @line 1.4-2.4 : enable @rpc 3.0-4.0 #enable :
 enable
=bm_enable_timer benchmark write 1.4-4.0 @v4 benchmark:enable_timer @line 1.4-2.4 : timer enable @rpc 3.0-4.0 #enable
 : timer enable
=bm_granularity benchmark write 1.4-4.0 @v4 benchmark:granularity @line 1.4-2.4 : granularity @rpc 3.0-4.0
 #granularity : granularity
=bm_loglevel benchmark write 1.4-4.0 @v4 benchmark:loglevel @line 1.4-2.4 : log_level @rpc 3.0-4.0 #log_level :
 log_level
=bm_poll_results benchmark action 1.6-4.0 @v4 benchmark:poll_results @line 1.6-2.4 : @rpc 3.0-4.0 :
=cache_fetch cache read 1.5-4.0 @v4 cache:fetch @mod 1.5-3.6 core @line 1.5-2.4 : system attr @rpc 3.0-4.0 : system
 attr
=cache_fetch_chunk cachedb_local read 3.5-4.0 @v4 cachedb_local:fetch_chunk @rpc 3.5-4.0 : glob | glob collection
=cache_remove cache write 1.5-4.0 @v4 cache:remove @mod 1.5-3.6 core @line 1.5-2.4 : system attr @rpc 3.0-4.0 : system
 attr
=cache_remove_chunk cachedb_local write 1.10-4.0 @v4 cachedb_local:remove_chunk @line 1.10-2.2 : glob @line 2.3-2.4 :
 glob | collection glob @rpc 3.0-4.0 : glob | glob collection
=cache_store cache write 1.5-4.0 @v4 cache:store @mod 1.5-3.6 core @line 1.5-2.4 : system attr value | system attr
 value expire @rpc 3.0-4.0 #expire : system attr value | system attr value expire
=call_hold callops action 3.1-4.0 @v4 callops:hold @rpc 3.1-3.6 : callid @rpc 4.0-4.0 *headers=string : callid |
 callid leg | callid leg headers
=call_transfer callops action 3.1-4.0 @v4 callops:transfer @rpc 3.1-4.0 : callid leg destination | callid leg
 transfer_callid transfer_leg | callid leg transfer_callid transfer_leg destination | callid leg transfer_callid
 transfer_fromtag transfer_totag transfer_destination
=call_unhold callops action 3.1-4.0 @v4 callops:unhold @rpc 3.1-3.6 : callid @rpc 4.0-4.0 *headers=string : callid |
 callid leg | callid leg headers
=cc_agent_login call_center write 1.11-4.0 @v4 call_center:agent_login @line 1.11-2.4 : agent_id state @rpc 3.0-4.0
 #state : agent_id state
=cc_dispatch_call_to_agent call_center action 3.3-4.0 @v4 call_center:dispatch_call_to_agent @rpc 3.3-4.0 : call_id
 agent_id
=cc_internal_call_dispatching call_center dual 3.3-4.0 @v4 call_center:internal_call_dispatching @dual min=1
 named=dispatching @rpc 3.3-4.0 #dispatching : | dispatching
=cc_list_agents call_center read 1.11-4.0 @v4 call_center:list_agents @line 1.11-2.4 : @rpc 3.0-4.0 :
=cc_list_calls call_center read 1.11-4.0 @v4 call_center:list_calls @line 1.11-2.4 : @rpc 3.0-4.0 :
=cc_list_flows call_center read 1.11-4.0 @v4 call_center:list_flows @line 1.11-2.4 : @rpc 3.0-4.0 :
=cc_list_queue call_center read 1.11-4.0 @v4 call_center:list_queue @line 1.11-2.4 : @rpc 3.0-4.0 :
=cc_reload call_center action 1.11-4.0 @v4 call_center:reload @line 1.11-2.4 : @rpc 3.0-4.0 :
=cc_reset_stats call_center action 1.11-4.0 @v4 call_center:reset_stats @line 1.11-2.4 : @rpc 3.0-4.0 :
=check_blacklist blacklists read 3.4-4.0 @v4 blacklists:check @rpc 3.4-4.0 #port : name ip | name proto ip | name
 proto ip port | name proto ip port pattern
=check_blacklists blacklists read 3.4-4.0 @v4 blacklists:check_all @rpc 3.4-4.0 #port : ip | proto ip | proto ip port
 | proto ip port pattern
=check_config_hash cfgutils read 1.4-4.0 @v4 cfgutils:check_config_hash @line 1.4-2.4 : @rpc 3.0-4.0 :
=cleanup presence action 1.5-4.0 @v4 presence:cleanup @line 1.5-2.4 : @rpc 3.0-4.0 :
=cluster_broadcast_mi clusterer action 2.4-4.0 @v4 clusterer:broadcast_mi @async 2.4-2.4 @line 2.4-2.4 : cluster_id
 cmd_name | cluster_id cmd_name cmd_params* @rpc 3.0-4.0 #cluster_id *cmd_params=any : cluster_id cmd_name |
 cluster_id cmd_name cmd_params
=cluster_send_mi clusterer action 2.4-4.0 @v4 clusterer:send_mi @async 2.4-2.4 @line 2.4-2.4 : cluster_id destination
 cmd_name | cluster_id destination cmd_name cmd_params* @rpc 3.0-4.0 #cluster_id #destination *cmd_params=any :
 cluster_id destination cmd_name | cluster_id destination cmd_name cmd_params
=clusterer_list clusterer read 2.2-4.0 @v4 clusterer:list @line 2.2-2.4 : @rpc 3.0-4.0 :
=clusterer_list_cap clusterer read 2.4-4.0 @v4 clusterer:list_cap @line 2.4-2.4 : @rpc 3.0-4.0 :
=clusterer_list_shtags clusterer read 3.0-4.0 @v4 clusterer:list_shtags @was dlg_list_sharing_tags
 pres_list_sharing_tags @rpc 3.0-4.0 :
=clusterer_list_topology clusterer read 2.3-4.0 @v4 clusterer:list_topology @line 2.3-2.4 : @rpc 3.0-4.0 :
=clusterer_reload clusterer action 2.2-4.0 @v4 clusterer:reload @line 2.2-2.4 : @rpc 3.0-4.0 :
=clusterer_remove_node clusterer write 3.2-4.0 @v4 clusterer:remove_node @rpc 3.2-4.0 #cluster_id #node_id :
 cluster_id node_id
=clusterer_set_cap_status clusterer write 3.2-4.0 @v4 clusterer:set_cap_status @rpc 3.2-4.0 #cluster_id #status :
 cluster_id capability status
=clusterer_set_status clusterer write 2.2-4.0 @v4 clusterer:set_status @line 2.2-2.2 : cluster_id machine_id status
 protocol @line 2.3-2.4 : cluster_id status @rpc 3.0-3.1 #cluster_id #status : cluster_id status @rpc 3.2-4.0
 #cluster_id #node_id #status : cluster_id status | cluster_id node_id status
=clusterer_shtag_set_active clusterer write 3.0-4.0 @v4 clusterer:shtag_set_active @was dlg_set_sharing_tag_active
 pres_set_sharing_tag_active @rpc 3.0-4.0 : tag
=config_flush config action 3.6-4.0 @v4 config:flush @rpc 3.6-4.0 : | name
=config_list config read 3.6-4.0 @v4 config:list @rpc 3.6-4.0 #description : | description
=config_push config write 3.6-4.0 @v4 config:push @rpc 3.6-4.0 : name | name value | name value description
=config_push_bulk config write 3.6-4.0 @v4 config:push_bulk @rpc 3.6-4.0 *configs=object : configs
=config_reload config action 3.6-4.0 @v4 config:reload @rpc 3.6-4.0 :
=cr_activate_host carrierroute write 1.4-4.0 @v4 carrierroute:activate_host @line 1.4-2.4 : options @rpc 3.0-4.0 :
 options
=cr_add_host carrierroute write 1.4-4.0 @v4 carrierroute:add_host @line 1.4-2.4 : options @rpc 3.0-4.0 : options
=cr_deactivate_host carrierroute write 1.4-4.0 @v4 carrierroute:deactivate_host @line 1.4-2.4 : options @rpc 3.0-4.0 :
 options
=cr_delete_host carrierroute write 1.4-4.0 @v4 carrierroute:delete_host @line 1.4-2.4 : options @rpc 3.0-4.0 : options
=cr_dump_routes carrierroute read 1.4-4.0 @v4 carrierroute:dump_routes @line 1.4-2.4 : @rpc 3.0-4.0 :
=cr_reload_routes carrierroute action 1.4-4.0 @v4 carrierroute:reload_routes @line 1.4-2.4 : @rpc 3.0-4.0 :
=cr_replace_host carrierroute write 1.4-4.0 @v4 carrierroute:replace_host @line 1.4-2.4 : options @rpc 3.0-4.0 :
 options
=db_get db_virtual read 1.6-4.0 @v4 db_virtual:get @line 1.6-2.4 : @rpc 3.0-4.0 :
=db_set db_virtual write 1.6-4.0 @v4 db_virtual:set @line 1.6-2.4 : set_index db_url_index may_use_db_flag | set_index
 db_url_index may_use_db_flag ingore_retries @rpc 3.0-4.0 #db_url_index #ingore_retries #may_use_db_flag #set_index :
 set_index db_url_index may_use_db_flag | set_index db_url_index may_use_db_flag ingore_retries
=dbt_dump db_text action 1.9-4.0 @v4 db_text:dump @line 1.9-2.4 : @rpc 3.0-4.0 :
=dbt_reload db_text action 2.2-4.0 @v4 db_text:reload @line 2.2-2.4 : | db_name | db_name table_name @rpc 3.0-4.0 : |
 db_name | db_name table_name
=debug core dual 1.4-2.1 @now log_level @dual min=1 @line 1.4-2.1 : | level
=del_blacklist_rule blacklists write 3.4-4.0 @v4 blacklists:del_rule @rpc 3.4-4.0 : name rule
=dfks_set_feature presence_dfks action 3.1-4.0 @v4 presence_dfks:set_feature @rpc 3.1-4.0 #status *values=string :
 presentity feature status | presentity feature status values | presentity feature status route_param | presentity
 feature status route_param values
=dlg_cluster_sync dialog action 2.4-4.0 @v4 dialog:cluster_sync @line 2.4-2.4 : @rpc 3.0-3.1 : @rpc 3.2-4.0 : |
 sharing_tag
=dlg_db_sync dialog action 1.8-4.0 @v4 dialog:db_sync @line 1.8-2.4 : @rpc 3.0-4.0 :
=dlg_end_dlg dialog action 1.4-4.0 @v4 dialog:end_dlg @line 1.4-1.10 : h_entry h_id | h_entry h_id extra_hdrs @line
 1.11-1.11 : dialog_id | dialog_id extra_hdrs | h_entry h_id | h_entry h_id extra_hdrs @line 2.1-2.4 : dialog_id |
 dialog_id extra_hdrs @rpc 3.0-4.0 : dialog_id | dialog_id extra_hdrs
=dlg_list dialog read 1.4-4.0 @v4 dialog:list @line 1.4-1.5 : | callid | callid from_tag @line 1.6-2.4 : | callid |
 callid from_tag | index counter @rpc 3.0-4.0 ! #counter #index : | callid | callid from_tag | index counter
=dlg_list_ctx dialog read 1.4-4.0 @v4 dialog:list_ctx @line 1.4-1.5 : | callid | callid from_tag @line 1.6-2.4 : |
 callid | callid from_tag | index counter @rpc 3.0-4.0 ! #counter #index : | callid | callid from_tag | index counter
=dlg_list_sharing_tags dialog read 2.4-2.4 @now clusterer_list_shtags @line 2.4-2.4 :
=dlg_push_var dialog write 3.0-4.0 @v4 dialog:push_var @rpc 3.0-4.0 *DID=string : dlg_val_name dlg_val_value DID
=dlg_restore_db dialog action 1.10-4.0 @v4 dialog:restore_db @line 1.10-2.4 : @rpc 3.0-4.0 :
=dlg_send_sequential dialog action 3.0-4.0 @v4 dialog:send_sequential @async 3.0-4.0 @rpc 3.0-3.4 ! : callid | callid
 mode | callid method | callid body | callid mode method | callid mode body | callid method body | callid method body
 mode @rpc 3.5-4.0 ! : callid | callid mode | callid method | callid body | callid mode method | callid mode body |
 callid method body | callid method body mode | callid method body mode headers
=dlg_set_profile dialog write 3.6-4.0 @v4 dialog:set_profile @rpc 3.6-4.0 #clear_values : dlg_id profile | dlg_id
 profile value | dlg_id profile value clear_values
=dlg_set_sharing_tag_active dialog write 2.4-2.4 @now clusterer_shtag_set_active @line 2.4-2.4 : tag
=dlg_unset_profile dialog write 3.6-4.0 @v4 dialog:unset_profile @rpc 3.6-4.0 : dlg_id profile | dlg_id profile value
=domain_dump domain read 1.4-4.0 @v4 domain:dump @lost yes @line 1.4-2.4 : @rpc 3.0-4.0 :
=domain_reload domain action 1.4-4.0 @v4 domain:reload @lost yes @line 1.4-2.4 : @rpc 3.0-4.0 :
=dp_reload dialplan action 1.4-4.0 @v4 dialplan:reload @old table_name=partition @line 1.4-1.8 : @line 1.9-1.11 : |
 table_name @line 2.1-2.4 : | partition @rpc 3.0-4.0 : | partition
=dp_show_partition dialplan read 2.2-4.0 @v4 dialplan:show_partition @line 2.2-2.4 : | partition @rpc 3.0-4.0 : |
 partition
=dp_translate dialplan read 1.4-4.0 @v4 dialplan:translate @line 1.4-2.4 : dpid input @rpc 3.0-4.0 : dpid input | dpid
 input partition
=dr_carrier_status drouting dual 1.8-4.0 @v4 drouting:carrier_status @dual min=2 partitions=3 named=status @line
 1.8-1.11 : | carrier_id | carrier_id status @line 2.1-2.4 : | carrier_id | carrier_id status | partition_name |
 partition_name carrier_id | partition_name carrier_id status @rpc 3.0-4.0 ! #status : | partition_name | carrier_id |
 carrier_id status | partition_name carrier_id | partition_name carrier_id status
=dr_enable_probing drouting dual 3.0-4.0 @v4 drouting:enable_probing @dual min=1 named=status @rpc 3.0-4.0 #status : |
 status
=dr_gw_status drouting dual 1.8-4.0 @v4 drouting:gw_status @was dr_status @dual min=2 partitions=3 named=status @line
 1.8-1.11 : | gw_id | gw_id status @line 2.1-2.4 : | gw_id | gw_id status | partition_name | partition_name gw_id |
 partition_name gw_id status @rpc 3.0-4.0 ! #status : | partition_name | gw_id | gw_id status | partition_name gw_id |
 partition_name gw_id status
=dr_number_routing drouting read 2.1-4.0 @v4 drouting:number_routing @line 2.1-2.4 : number | group_id number |
 partition_name number | partition_name group_id number @rpc 3.0-4.0 ! #group_id : number | group_id number |
 partition_name number | partition_name group_id number
=dr_reload drouting action 1.5-4.0 @v4 drouting:reload @line 1.5-1.11 : @line 2.1-2.4 : | partition_name @rpc 3.0-3.3
 : | partition_name @rpc 3.4-4.0 ~inherit_state : | inherit_state | partition_name | partition_name inherit_state
=dr_reload_status drouting read 2.1-4.0 @v4 drouting:reload_status @line 2.1-2.4 : | partition_name @rpc 3.0-4.0 : |
 partition_name
=dr_status drouting dual 1.6-1.7 @now dr_gw_status @dual min=2 @line 1.6-1.7 ?
=ds_list dispatcher read 1.4-4.0 @v4 dispatcher:list @line 1.4-2.1 : @line 2.2-2.4 : | full! | partition | partition
 full! @rpc 3.0-3.2 #full : | full @rpc 3.3-4.0 #full : | partition | full | full partition
=ds_push_script_attrs dispatcher write 3.1-4.0 @v4 dispatcher:push_script_attrs @rpc 3.1-4.0 #port #set : attrs ip
 port set | attrs ip port set partition
=ds_reload dispatcher action 1.4-4.0 @v4 dispatcher:reload @line 1.4-2.1 : @line 2.2-2.4 : | partition @rpc 3.0-3.3 :
 | partition @rpc 3.4-4.0 ~inherit_state : | inherit_state | partition | partition inherit_state
=ds_set_state dispatcher write 1.4-4.0 @v4 dispatcher:set_state @line 1.4-2.4 : state group address @rpc 3.0-4.0 :
 state group address
=dum presence_xml read 1.4-1.4 @line 1.4-1.4 ?
=event_subscribe evi write 1.7-4.0 @v4 evi:subscribe @mod 1.7-3.6 core @line 1.7-2.4 : event socket | event socket
 expire @rpc 3.0-4.0 #expire : event socket | event socket expire
=events_list evi read 1.9-4.0 @v4 evi:list @mod 1.9-3.6 core @line 1.9-2.4 : @rpc 3.0-4.0 :
=evi_flat_rotate event_flatstore action 2.2-4.0 @v4 event_flatstore:rotate @line 2.2-2.4 : path_to_file @rpc 3.0-4.0 :
 path_to_file
=fd_log_level aaa_diameter write 3.2-4.0 @v4 aaa_diameter:fd_log_level @rpc 3.2-4.0 ?
=flat_rotate db_flatstore action 1.4-4.0 @v4 db_flatstore:rotate @lost yes @line 1.4-2.4 : @rpc 3.0-4.0 :
=fraud_reload fraud_detection action 2.1-4.0 @v4 fraud_detection:reload @line 2.1-2.4 : @rpc 3.0-4.0 :
=fs_list freeswitch_scripting read 2.4-4.0 @v4 freeswitch_scripting:list @line 2.4-2.4 : @rpc 3.0-4.0 :
=fs_reload freeswitch_scripting action 2.4-4.0 @v4 freeswitch_scripting:reload @line 2.4-2.4 : @rpc 3.0-4.0 :
=fs_subscribe freeswitch_scripting write 2.4-4.0 @v4 freeswitch_scripting:subscribe @line 2.4-2.4 : freeswitch_url
 events* @rpc 3.0-4.0 *events=string : freeswitch_url events
=fs_unsubscribe freeswitch_scripting write 2.4-4.0 @v4 freeswitch_scripting:unsubscribe @line 2.4-2.4 : freeswitch_url
 events* @rpc 3.0-4.0 *events=string : freeswitch_url events
=get_config_hash cfgutils read 1.4-4.0 @v4 cfgutils:get_config_hash @line 1.4-2.4 : @rpc 3.0-4.0 :
=get_gflags gflags read 1.4-4.0 @v4 gflags:get @aka gflags:get_gflags @line 1.4-2.4 : @rpc 3.0-4.0 :
=get_statistics statistics read 1.4-4.0 @v4 statistics:get @built 1.4-4.0 defined(STATISTICS) @line 1.4-2.4 :
 statistics* @rpc 3.0-4.0 *statistics=string : statistics
=help core read 1.8-4.0 @v4 core:help @line 1.8-2.4 : | mi_cmd @rpc 3.0-4.0 : | mi_cmd
=httpd_list_root_path httpd read 1.8-4.0 @v4 httpd:list_root_path @line 1.8-2.4 : @rpc 3.0-4.0 :
=imc_list_members imc read 1.4-4.0 @v4 imc:list_members @line 1.4-2.4 : room @rpc 3.0-4.0 : room
=imc_list_rooms imc read 1.4-4.0 @v4 imc:list_rooms @line 1.4-2.4 : @rpc 3.0-4.0 :
=is_gflag gflags read 1.4-4.0 @v4 gflags:check @aka gflags:is_gflag @line 1.4-2.4 : bitmask @rpc 3.0-4.0 : bitmask
=kill core action 1.4-4.0 @v4 core:kill @line 1.4-2.4 : @rpc 3.0-4.0 :
=lb_list load_balancer read 1.5-4.0 @v4 load_balancer:list @line 1.5-2.4 : @rpc 3.0-4.0 :
=lb_reload load_balancer action 1.5-4.0 @v4 load_balancer:reload @line 1.5-2.4 : @rpc 3.0-4.0 :
=lb_resize load_balancer write 1.5-4.0 @v4 load_balancer:resize @line 1.5-2.4 : destination_id res_name new_capacity
 @rpc 3.0-4.0 #destination_id #new_capacity : destination_id res_name new_capacity
=lb_status load_balancer dual 1.6-4.0 @v4 load_balancer:status @dual min=2 named=new_status @line 1.6-2.4 :
 destination_id | destination_id new_status @rpc 3.0-4.0 #destination_id #new_status : destination_id | destination_id
 new_status
=lcr_dump lcr read 1.4-1.6 @line 1.4-1.6 :
=lcr_reload lcr action 1.4-1.6 @line 1.4-1.6 :
=list_all_profiles dialog read 1.9-4.0 @v4 dialog:list_all_profiles @line 1.9-2.4 : @rpc 3.0-4.0 :
=list_blacklists blacklists read 1.4-4.0 @v4 blacklists:list @line 1.4-2.4 : @rpc 3.0-3.3 : @rpc 3.4-4.0 : | name
=list_statistics statistics read 2.1-4.0 @v4 statistics:list @built 2.1-4.0 defined(STATISTICS) @line 2.1-2.4 : |
 statistics* @rpc 3.0-4.0 *statistics=string : | statistics
=list_tcp_conns tcp read 1.9-4.0 @v4 tcp:list @mod 1.9-3.6 core @built 1.9-1.11 USE_TCP @line 1.9-2.4 : @rpc 3.0-3.6 :
 @rpc 4.0-4.0 : | proto
=log_level core dual 2.2-4.0 @v4 core:log_level @was debug @dual min=1 named=level @line 2.2-2.4 : | level | level pid
 @rpc 3.0-4.0 #level #pid : | level | level pid
=log_level_filter core dual 3.4-4.0 @v4 core:log_level_filter @dual min=2 named=level_filter @rpc 3.4-4.0
 #level_filter : consumer | consumer level_filter
=log_mute_state core dual 3.4-4.0 @v4 core:log_mute_state @dual min=2 named=mute_state @rpc 3.4-4.0 #mute_state :
 consumer | consumer mute_state
=lua_reload lua action 1.8-2.4 @line 1.8-2.4 :
=media_exchange_from_call_to_uri media_exchange action 3.1-4.0 @v4 media_exchange:from_call_to_uri @rpc 3.1-4.0
 #nohold : callid uri leg | callid uri leg headers | callid uri leg nohold | callid uri leg headers nohold
=media_exchange_from_call_to_uri_body media_exchange action 3.1-4.0 @v4 media_exchange:from_call_to_uri_body @rpc
 3.1-4.0 #nohold : callid uri leg body | callid uri leg body headers | callid uri leg body nohold | callid uri leg
 body headers nohold
=media_fork_from_call_to_uri media_exchange action 3.1-4.0 @v4 media_exchange:fork_from_call_to_uri @rpc 3.1-3.5
 #medianum : callid uri | callid uri leg | callid uri headers | callid uri leg headers @rpc 3.6-4.0 #medianum : callid
 uri | callid uri leg | callid uri headers | callid uri leg headers | callid uri leg instance | callid uri headers
 instance | callid uri leg headers instance
=media_terminate media_exchange action 3.1-4.0 @v4 media_exchange:terminate @rpc 3.1-3.5 #nohold : callid | callid leg
 | callid nohold | callid leg nohold @rpc 3.6-4.0 #nohold : callid | callid leg | callid nohold | callid leg nohold |
 callid leg instance | callid nohold instance | callid leg nohold instance
=mem_pkg_dump mem action 3.0-4.0 @v4 mem:pkg_dump @mod 3.0-3.6 core @rpc 3.0-4.0 #log_level #pid : pid | pid log_level
=mem_rpm_dump mem action 3.0-4.0 @v4 mem:rpm_dump @mod 3.0-3.6 core @rpc 3.0-4.0 #log_level : | log_level
=mem_shm_dump mem action 3.0-4.0 @v4 mem:shm_dump @mod 3.0-3.6 core @rpc 3.0-4.0 #log_level : | log_level
=mq_fetch mqueue action 3.5-4.0 @v4 mqueue:fetch @rpc 3.5-3.5 : name @rpc 3.6-4.0 #limit : name | name limit
=mq_get_size mqueue read 3.5-4.0 @v4 mqueue:get_size @rpc 3.5-4.0 : name
=mq_get_sizes mqueue read 3.5-4.0 @v4 mqueue:get_sizes @rpc 3.5-4.0 :
=msrp_gw_end_session msrp_gateway action 3.3-4.0 @v4 msrp_gateway:end_session @rpc 3.3-4.0 : key
=msrp_gw_list_sessions msrp_gateway read 3.3-4.0 @v4 msrp_gateway:list_sessions @rpc 3.3-4.0 :
=msrp_trace proto_msrp dual 3.3-4.0 @v4 msrp:trace @dual min=1 named=trace_mode @rpc 3.3-4.0 : | trace_mode
=msrp_ua_end_session msrp_ua action 3.3-4.0 @v4 msrp_ua:end_session @rpc 3.3-4.0 : session_id
=msrp_ua_list_sessions msrp_ua read 3.3-4.0 @v4 msrp_ua:list_sessions @rpc 3.3-4.0 :
=msrp_ua_send_message msrp_ua action 3.3-4.0 @v4 msrp_ua:send_message @rpc 3.3-3.3 : session_id | session_id mime body
 @rpc 3.4-4.0 : session_id | session_id failure_report | session_id success_report | session_id failure_report
 success_report | session_id mime body | session_id mime body failure_report | session_id mime body success_report |
 session_id mime body failure_report success_report
=msrp_ua_start_session msrp_ua action 3.3-4.0 @v4 msrp_ua:start_session @rpc 3.3-4.0 : content_types from_uri to_uri
 ruri
=nh_enable_ping nathelper dual 1.4-4.0 @v4 nathelper:enable_ping @lost yes @dual min=1 named=status @line 1.4-2.4 : |
 status @rpc 3.0-4.0 #status : | status
=nh_enable_rtpp rtpproxy write 1.4-1.8 @now rtpproxy_enable @mod 1.4-1.6 nathelper @line 1.4-1.8 : url enable
=nh_reload_rtpp rtpproxy action 1.5-1.8 @now rtpproxy_reload @mod 1.5-1.6 nathelper @line 1.5-1.8 :
=nh_show_rtpp rtpproxy read 1.4-1.8 @now rtpproxy_show @mod 1.4-1.6 nathelper @line 1.4-1.8 :
=pdt_add pdt write 1.4-3.1 @line 1.4-2.4 : sdomain prefix domain @rpc 3.0-3.1 ?
=pdt_delete pdt write 1.4-3.1 @line 1.4-2.4 : sdomain domain @rpc 3.0-3.1 ?
=pdt_list pdt read 1.4-3.1 @line 1.4-2.4 : | sdomain | sdomain prefix | sdomain prefix domain @rpc 3.0-3.1 ?
=pdt_reload pdt action 1.4-3.1 @line 1.4-2.4 : @rpc 3.0-3.1 ?
=pi_list core read 4.1-4.1 @v4 core:pi_list @rpc 4.1-4.1 :
=pi_reload core action 4.1-4.1 @v4 core:pi_reload @was pi_reload_tbls_and_cmds @rpc 4.1-4.1 :
=pi_reload_tbls_and_cmds pi_http action 1.9-4.0 @v4 pi_http:reload_tbls_and_cmds @now pi_reload @line 1.9-2.4 : @rpc
 3.0-4.0 :
=pike_list pike read 1.4-4.0 @v4 pike:list @lost yes @line 1.4-2.4 : @rpc 3.0-4.0 :
=pike_rm pike write 2.2-4.0 @v4 pike:rm @lost yes @line 2.2-2.4 : ip @rpc 3.0-4.0 : ip
=pres_expose presence action 2.3-4.0 @v4 presence:expose @line 2.3-2.4 : event | event filter @rpc 3.0-4.0 : event |
 event filter
=pres_list_sharing_tags presence read 2.4-2.4 @now clusterer_list_shtags @line 2.4-2.4 :
=pres_phtable_list presence read 1.7-4.0 @v4 presence:phtable_list @line 1.7-2.4 : @rpc 3.0-4.0 :
=pres_set_sharing_tag_active presence write 2.4-2.4 @now clusterer_shtag_set_active @line 2.4-2.4 : tag
=profile_end_dlgs dialog action 2.2-4.0 @v4 dialog:profile_end_dlgs @line 2.2-2.4 : profile | profile value @rpc
 3.0-4.0 : profile | profile value
=profile_get_size dialog read 1.4-4.0 @v4 dialog:profile_get_size @line 1.4-2.4 : profile | profile value @rpc 3.0-4.0
 : profile | profile value
=profile_get_values dialog read 1.5-4.0 @v4 dialog:profile_get_values @line 1.5-2.4 : profile @rpc 3.0-4.0 : profile
=profile_list_dlgs dialog read 1.4-4.0 @v4 dialog:profile_list_dlgs @line 1.4-2.4 : profile | profile value @rpc
 3.0-4.0 : profile | profile value
=profiling_proc core dual 4.0-4.0 @v4 core:profiling_proc @dual named=level @rpc 4.0-4.0 #id #level #pid : | id | pid
 | level | id level | pid level
=ps core read 1.4-4.0 @v4 core:ps @line 1.4-2.4 : @rpc 3.0-4.0 :
=pua_publish pua_mi action 1.4-4.0 @v4 pua_mi:publish @async 1.4-4.0 @line 1.4-2.4 : presentity_uri expires
 event_package content_type=. etag=. extra_headers=. | presentity_uri expires event_package content_type=. etag=.
 extra_headers=. body @rpc 3.0-4.0 #expires : presentity_uri expires event_package | presentity_uri expires
 event_package etag | presentity_uri expires event_package extra_headers | presentity_uri expires event_package
 content_type body | presentity_uri expires event_package etag extra_headers | presentity_uri expires event_package
 etag content_type body | presentity_uri expires event_package extra_headers content_type body | presentity_uri
 expires event_package etag extra_headers content_type body
=pua_subscribe pua_mi action 1.4-4.0 @v4 pua_mi:subscribe @line 1.4-2.4 : presentity_uri watcher_uri event_package
 expires @rpc 3.0-4.0 #expires : presentity_uri watcher_uri event_package expires
=pwd core read 1.4-4.0 @v4 core:pwd @line 1.4-2.4 : @rpc 3.0-4.0 :
=qr_disable_dst qrouting write 3.1-4.0 @v4 qrouting:disable_dst @rpc 3.1-4.0 ! #rule_id : rule_id dst_name | partition
 rule_id dst_name
=qr_enable_dst qrouting write 3.1-4.0 @v4 qrouting:enable_dst @rpc 3.1-4.0 ! #rule_id : rule_id dst_name | partition
 rule_id dst_name
=qr_reload qrouting action 3.1-4.0 @v4 qrouting:reload @rpc 3.1-4.0 :
=qr_status qrouting read 3.1-4.0 @v4 qrouting:status @rpc 3.1-4.0 #rule_id : | partition | partition rule_id |
 partition rule_id dst_name
=raise_event evi action 3.1-4.0 @v4 evi:raise @mod 3.1-3.6 core @rpc 3.1-4.0 *params=any : event | event params
=rand_get_prob cfgutils read 1.4-4.0 @v4 cfgutils:rand_get_prob @line 1.4-2.4 : @rpc 3.0-4.0 :
=rand_reset_prob cfgutils write 1.4-4.0 @v4 cfgutils:rand_reset_prob @line 1.4-2.4 : @rpc 3.0-4.0 :
=rand_set_prob cfgutils write 1.4-4.0 @v4 cfgutils:rand_set_prob @line 1.4-2.4 : prob_proc @rpc 3.0-4.0 #prob_proc :
 prob_proc
=rc_addClient rate_cacher write 3.1-4.0 @v4 rate_cacher:addClient @rpc 3.1-4.0 : name
=rc_addVendor rate_cacher write 3.1-4.0 @v4 rate_cacher:addVendor @rpc 3.1-4.0 : name
=rc_deleteClient rate_cacher write 3.1-4.0 @v4 rate_cacher:deleteClient @rpc 3.1-4.0 : name
=rc_deleteClientRate rate_cacher write 3.1-4.0 @v4 rate_cacher:deleteClientRate @rpc 3.1-4.0 #wholesale : name
 wholesale
=rc_deleteVendor rate_cacher write 3.1-4.0 @v4 rate_cacher:deleteVendor @rpc 3.1-4.0 : name
=rc_deleteVendorRate rate_cacher write 3.1-4.0 @v4 rate_cacher:deleteVendorRate @rpc 3.1-3.6 : name @rpc 4.0-4.0 #slot
 : name | name slot
=rc_getClientPrice rate_cacher read 3.1-4.0 @v4 rate_cacher:getClientPrice @rpc 3.1-4.0 #wholesale : name wholesale
 number
=rc_getVendorPrice rate_cacher read 3.1-4.0 @v4 rate_cacher:getVendorPrice @rpc 3.1-3.6 : name number @rpc 4.0-4.0
 #slot : name number | name number slot
=rc_reloadClientRate rate_cacher action 3.1-4.0 @v4 rate_cacher:reloadClientRate @rpc 3.1-4.0 #rateid #wholesale :
 name wholesale rateid
=rc_reloadVendorRate rate_cacher action 3.1-4.0 @v4 rate_cacher:reloadVendorRate @rpc 3.1-3.6 #rateid : name rateid
 @rpc 4.0-4.0 #rateid #slot : name rateid | name rateid slot
=redis_cluster_info cachedb_redis read 4.0-4.0 @v4 cachedb_redis:redis_cluster_info @rpc 4.0-4.0 ! : | group
=redis_cluster_refresh cachedb_redis action 4.0-4.0 @v4 cachedb_redis:redis_cluster_refresh @rpc 4.0-4.0 ! : | group
=redis_ping_nodes cachedb_redis read 4.0-4.0 @v4 cachedb_redis:redis_ping_nodes @rpc 4.0-4.0 ! : | group
=refreshWatchers presence action 1.4-3.6 @lost yes @now refresh_watchers @line 1.4-2.4 : presentity_uri event
 refresh_type @rpc 3.0-3.6 #refresh_type : presentity_uri event refresh_type
=refreshXcapDoc xcap_client action 1.4-4.0 @v4 xcap_client:refreshXcapDoc @line 1.4-2.4 : doc_uri port @rpc 3.0-4.0
 #port : doc_uri port
=refresh_watchers presence action 3.0-4.0 @v4 presence:refresh_watchers @was refreshWatchers @rpc 3.0-4.0
 #refresh_type : presentity_uri event refresh_type
=reg_delete uac_registrant write 4.0-4.0 @v4 uac_registrant:delete @rpc 4.0-4.0 : aor contact registrar
=reg_disable uac_registrant write 3.2-4.0 @v4 uac_registrant:disable @rpc 3.2-4.0 : aor contact registrar
=reg_enable uac_registrant write 3.2-4.0 @v4 uac_registrant:enable @rpc 3.2-4.0 : aor contact registrar
=reg_force_register uac_registrant action 3.5-4.0 @v4 uac_registrant:force_register @rpc 3.5-4.0 : aor contact
 registrar
=reg_list uac_registrant read 1.7-4.0 @v4 uac_registrant:list @line 1.7-2.4 : @rpc 3.0-3.1 : @rpc 3.2-4.0 : | aor
 contact registrar
=reg_reload uac_registrant action 1.10-4.0 @v4 uac_registrant:reload @line 1.10-2.4 : @rpc 3.0-3.1 : @rpc 3.2-4.0 : |
 aor contact registrar
=reg_upsert uac_registrant write 4.0-4.0 @v4 uac_registrant:upsert @rpc 4.0-4.0 #expiry #state : aor contact registrar
 proxy third_party_registrant username password binding_params expiry forced_socket cluster_shtag state
=regex_match regex read 3.5-4.0 @v4 regex:match @rpc 3.5-4.0 : string pcre_regex
=regex_match_group regex read 3.5-4.0 @v4 regex:match_group @rpc 3.5-4.0 : string group
=regex_reload regex action 1.5-4.0 @v4 regex:reload @line 1.5-2.4 : @rpc 3.0-4.0 :
=reload_blacklist userblacklist action 1.4-4.0 @v4 userblacklist:reload @line 1.4-2.4 : @rpc 3.0-4.0 :
=reload_routes core action 3.0-4.0 @v4 core:reload_routes @rpc 3.0-4.0 :
=reset_all_statistics statistics action 3.4-4.0 @v4 statistics:reset_all @built 3.4-4.0 defined(STATISTICS) @rpc
 3.4-4.0 :
=reset_gflag gflags write 1.4-4.0 @v4 gflags:reset @aka gflags:reset_gflag @line 1.4-2.4 : bitmask @rpc 3.0-4.0 :
 bitmask
=reset_statistics statistics action 1.4-4.0 @v4 statistics:reset @built 1.4-4.0 defined(STATISTICS) @line 1.4-2.4 :
 statistics* @rpc 3.0-4.0 *statistics=string : statistics
=rl_bin_status ratelimit read 2.2-2.4 @line 2.2-2.4 :
=rl_dump_pipe ratelimit read 3.2-4.0 @v4 ratelimit:dump_pipe @rpc 3.2-4.0 : pipe
=rl_get_pid ratelimit read 1.4-4.0 @v4 ratelimit:get_pid @line 1.4-2.4 : @rpc 3.0-4.0 :
=rl_get_pipes ratelimit read 1.4-1.7 @now rl_list @line 1.4-1.7 :
=rl_get_queues ratelimit read 1.4-1.7 @line 1.4-1.7 :
=rl_list ratelimit read 1.8-4.0 @v4 ratelimit:list @was rl_stats rl_get_pipes @line 1.8-2.4 : | pipe @rpc 3.0-3.2 : |
 pipe @rpc 3.3-4.0 : | pipe | filter | filter_out
=rl_push_load ratelimit write 1.4-1.7 @line 1.4-1.7 : load
=rl_reset_pipe ratelimit action 1.8-4.0 @v4 ratelimit:reset_pipe @line 1.8-2.4 : pipe @rpc 3.0-4.0 : pipe
=rl_set_dbg ratelimit write 1.4-1.7 @line 1.4-1.7 : dbg
=rl_set_pid ratelimit write 1.4-4.0 @v4 ratelimit:set_pid @line 1.4-2.4 : ki kp kd @rpc 3.0-4.0 : ki kp kd
=rl_set_pipe ratelimit write 1.4-1.7 @line 1.4-1.7 : pipe_id pipe_algorithm pipe_limit
=rl_set_queue ratelimit write 1.4-1.7 @line 1.4-1.7 : queue_id queue_method pipe_id
=rl_stats ratelimit read 1.4-1.7 @now rl_list @line 1.4-1.7 :
=rls_update_subscriptions rls action 1.9-4.0 @v4 rls:update_subscriptions @line 1.9-2.4 : presentity_uri @rpc 3.0-4.0
 : presentity_uri
=rtp_relay_list rtp_relay read 3.2-4.0 @v4 rtp_relay:list @rpc 3.2-4.0 #set : | engine | engine set | engine node |
 engine set node
=rtp_relay_update rtp_relay action 3.2-4.0 @v4 rtp_relay:update @async 3.2-4.0 @rpc 3.2-4.0 #new_set #set : | engine |
 engine set | engine set node | engine set new_set | engine set new_node | engine set new_set new_node | engine set
 node new_set | engine set node new_node | engine set node new_set new_node
=rtp_relay_update_callid rtp_relay action 3.2-4.0 @v4 rtp_relay:update_callid @async 3.2-4.0 @rpc 3.2-4.0 #set :
 callid | callid flags | callid engine | callid engine flags | callid engine set | callid engine set flags | callid
 engine set node | callid engine set node flags
=rtpengine_enable rtpengine write 2.1-4.0 @v4 rtpengine:enable @lost yes @line 2.1-2.4 : url enable @rpc 3.0-3.2
 #enable : url enable @rpc 3.3-4.0 #enable #setid : url enable | url enable setid
=rtpengine_reload rtpengine action 2.4-4.0 @v4 rtpengine:reload @lost yes @line 2.4-2.4 : @rpc 3.0-3.3 : @rpc 3.4-4.0
 : | type
=rtpengine_show rtpengine read 2.1-4.0 @v4 rtpengine:show @lost yes @line 2.1-2.4 : @rpc 3.0-4.0 :
=rtpproxy_enable rtpproxy write 1.9-4.0 @v4 rtpproxy:enable @lost yes @was nh_enable_rtpp @line 1.9-2.3 : url enable
 @line 2.4-2.4 : url enable | url setid enable @rpc 3.0-4.0 #enable #setid : url enable | url enable setid
=rtpproxy_reload rtpproxy action 1.9-4.0 @v4 rtpproxy:reload @lost yes @was nh_reload_rtpp @line 1.9-2.4 : @rpc
 3.0-4.0 :
=rtpproxy_show rtpproxy read 1.9-4.0 @v4 rtpproxy:show @lost yes @was nh_show_rtpp @line 1.9-2.4 : @rpc 3.0-4.0 :
=sca_list b2b_sca read 1.11-4.0 @v4 b2b_sca:list @line 1.11-2.4 : @rpc 3.0-4.0 :
=sca_list_lines presence_callinfo read 4.0-4.0 @v4 presence_callinfo:list_lines @rpc 4.0-4.0 : | sca_line
=sca_release_line presence_callinfo write 4.0-4.0 @v4 presence_callinfo:release_line @rpc 4.0-4.0 #sca_index :
 sca_line | sca_line sca_index
=sca_set_log_level presence_callinfo dual 4.0-4.0 @v4 presence_callinfo:set_log_level @dual min=1 named=log_level @rpc
 4.0-4.0 #log_level : | log_level
=set_gflag gflags write 1.4-4.0 @v4 gflags:set @aka gflags:set_gflag @line 1.4-2.4 : bitmask @rpc 3.0-4.0 : bitmask
=shm_check mem read 2.1-4.0 @v4 mem:shm_check @aka mem_shm_check @mod 2.1-3.6 core @built 2.1-2.1
 defined(DBG_QM_MALLOC) @built 2.2-2.4 defined(QM_MALLOC) && defined(DBG_MALLOC) @built 3.0-4.0 defined(Q_MALLOC) &&
 defined(DBG_MALLOC) @line 2.1-2.4 : @rpc 3.0-4.0 :
=show_fraud_stats fraud_detection read 2.1-4.0 @v4 fraud_detection:show_stats @line 2.1-2.4 : user prefix
 fraud_profile @rpc 3.0-4.0 : user prefix
=shv_get cfgutils read 1.4-4.0 @v4 cfgutils:shv_get @line 1.4-2.4 : | name @rpc 3.0-4.0 : | name
=shv_set cfgutils write 1.4-4.0 @v4 cfgutils:shv_set @line 1.4-2.4 : name type value @rpc 3.0-4.0 #value : name type
 value
=sip_capture sipcapture dual 1.8-4.0 @v4 sipcapture:capture @dual min=1 named=capture_mode @line 1.8-2.4 : |
 capture_mode @rpc 3.0-4.0 : | capture_mode
=sip_trace siptrace dual 1.4-2.4 @now trace @dual min=2 first=on,off @line 1.4-2.1 : | mode @line 2.2-2.4 : | mode |
 id | id mode
=sockets_list sockets_mgm read 3.6-4.0 @v4 sockets_mgm:list @rpc 3.6-4.0 :
=sockets_reload sockets_mgm action 3.6-4.0 @v4 sockets_mgm:reload @rpc 3.6-4.0 :
=sql_cacher_reload sql_cacher action 2.2-4.0 @v4 sql_cacher:reload @line 2.2-2.4 : id | id key @rpc 3.0-4.0 : id | id
 key
=sr_get_status status_report read 3.3-4.0 @v4 status_report:get @mod 3.3-3.6 core @rpc 3.3-4.0 : group | group
 identifier
=sr_list_identifiers status_report read 3.3-4.0 @v4 status_report:identifiers @mod 3.3-3.6 core @rpc 3.3-4.0 : | group
=sr_list_reports status_report read 3.3-4.0 @v4 status_report:reports @mod 3.3-3.6 core @rpc 3.3-4.0 : | group | group
 identifier
=sr_list_status status_report read 3.3-4.0 @v4 status_report:status @mod 3.3-3.6 core @rpc 3.3-4.0 : | group
=stir_shaken_ca_reload stir_shaken action 3.5-4.0 @v4 stir_shaken:ca_reload @rpc 3.5-4.0 :
=stir_shaken_crl_reload stir_shaken action 3.5-4.0 @v4 stir_shaken:crl_reload @rpc 3.5-4.0 :
=subnet_dump permissions read 1.4-4.0 @v4 permissions:subnet_dump @line 1.4-2.1 : @line 2.2-2.4 : partition @rpc
 3.0-4.0 : | partition
=subs_phtable_list presence read 1.7-4.0 @v4 presence:subs_phtable_list @line 1.7-1.11 : @line 2.1-2.4 : | from to
 @rpc 3.0-4.0 : | from to
=subscribers_list evi read 1.9-4.0 @v4 evi:subscribers @mod 1.9-3.6 core @line 1.9-2.4 : | event | event socket @rpc
 3.0-4.0 : | event | event socket
=t_hash tm read 1.4-4.0 @v4 tm:hash @line 1.4-2.4 : @rpc 3.0-4.0 :
=t_reply tm action 1.4-4.0 @v4 tm:reply @line 1.4-2.4 : code reason trans_id to_tag new_headers=. | code reason
 trans_id to_tag new_headers=. body @rpc 3.0-4.0 ! #code : code reason trans_id to_tag | code reason trans_id to_tag
 new_headers | code reason trans_id to_tag body | code reason trans_id to_tag new_headers body
=t_uac_cancel tm action 1.4-4.0 @v4 tm:uac_cancel @line 1.4-2.4 : callid cseq @rpc 3.0-4.0 : callid cseq
=t_uac_dlg tm action 1.4-4.0 @v4 tm:uac_dlg @async 1.4-4.0 @old RURI=ruri @line 1.4-2.4 : method ruri next_hop=.
 socket=. headers | method ruri next_hop=. socket=. headers body @rpc 3.0-4.0 ! : method ruri headers | method ruri
 headers next_hop | method ruri headers socket | method ruri headers body | method ruri headers next_hop socket |
 method ruri headers next_hop body | method ruri headers socket body | method ruri headers next_hop socket body
=tcp:close tcp action 4.0-4.0 @v4 tcp:close @rpc 4.0-4.0 : ipport
=tcp_reload tcp_mgm action 3.3-4.0 @v4 tcp_mgm:reload @rpc 3.3-4.0 :
=tcp_trace proto_tcp dual 2.3-4.0 @v4 tcp:trace @dual min=1 named=trace_mode @line 2.3-2.4 : | trace_mode @rpc 3.0-4.0
 : | trace_mode
=teardown rtpengine action 2.3-4.0 @v4 rtpengine:teardown @line 2.3-2.4 : callid @rpc 3.0-4.0 : callid
=tls_list tls_mgm read 2.2-4.0 @v4 tls_mgm:list @line 2.2-2.4 : @rpc 3.0-4.0 :
=tls_reload tls_mgm action 2.2-4.0 @v4 tls_mgm:reload @line 2.2-2.4 : @rpc 3.0-4.0 :
=tls_trace proto_tls dual 2.3-4.0 @v4 tls:trace bins:trace @mod 3.3-4.0 proto_bins @dual min=1 named=trace_mode @line
 2.3-2.4 : | trace_mode @rpc 3.0-4.0 : | trace_mode
=trace tracer dual 3.0-4.0 @v4 tracer:trace @was sip_trace @dual named=mode @rpc 3.0-4.0 ! : | id | mode | id mode
=trace_start tracer write 3.0-4.0 @v4 tracer:start @rpc 3.0-4.0 *filter=string : id uri | id uri filter | id uri
 filter scope type
=trace_stop tracer write 3.0-4.0 @v4 tracer:stop @rpc 3.0-4.0 : id
=trace_to_database siptrace dual 1.8-2.1 @dual min=1 @line 1.8-2.1 : | mode
=trie_number_delete trie write 3.6-4.0 @v4 trie:number_delete @rpc 3.6-4.0 *number=string : partition_name number
=trie_number_upsert trie write 3.6-4.0 @v4 trie:number_upsert @rpc 3.6-4.0 *attrs=string *number=string :
 partition_name number attrs
=trie_reload trie action 3.6-4.0 @v4 trie:reload @rpc 3.6-4.0 : | partition_name
=trie_reload_status trie read 3.6-4.0 @v4 trie:reload_status @rpc 3.6-4.0 : | partition_name
=trie_search trie read 3.6-4.0 @v4 trie:search @rpc 3.6-4.0 ! : number | partition_name number
=trusted_dump permissions read 1.4-1.5 @now address_dump @line 1.4-1.5 :
=trusted_reload permissions action 1.4-1.5 @now address_reload @line 1.4-1.5 :
=ua_session_client_start b2b_entities action 3.4-4.0 @v4 b2b_entities:ua_session_client_start @rpc 3.4-4.0 : ruri to
 from | ruri to from proxy | ruri to from body | ruri to from extra_headers | ruri to from flags | ruri to from socket
 | ruri to from proxy body | ruri to from proxy extra_headers | ruri to from proxy flags | ruri to from proxy socket |
 ruri to from body content_type | ruri to from body extra_headers | ruri to from body flags | ruri to from body socket
 | ruri to from extra_headers flags | ruri to from extra_headers socket | ruri to from flags socket | ruri to from
 proxy body content_type | ruri to from proxy body extra_headers | ruri to from proxy body flags | ruri to from proxy
 body socket | ruri to from proxy extra_headers flags | ruri to from proxy extra_headers socket | ruri to from proxy
 flags socket | ruri to from body content_type extra_headers | ruri to from body content_type flags | ruri to from
 body content_type socket | ruri to from body extra_headers flags | ruri to from body extra_headers socket | ruri to
 from body flags socket | ruri to from extra_headers flags socket | ruri to from proxy body content_type extra_headers
 | ruri to from proxy body content_type flags | ruri to from proxy body content_type socket | ruri to from proxy body
 extra_headers flags | ruri to from proxy body extra_headers socket | ruri to from proxy extra_headers flags socket |
 ruri to from body content_type extra_headers flags | ruri to from body content_type extra_headers socket | ruri to
 from body content_type flags socket | ruri to from body extra_headers flags socket | ruri to from proxy body
 content_type extra_headers flags | ruri to from proxy body content_type extra_headers socket | ruri to from proxy
 body content_type flags socket | ruri to from proxy body extra_headers flags socket | ruri to from body content_type
 extra_headers flags socket | ruri to from proxy body content_type extra_headers flags socket
=ua_session_list b2b_entities read 3.4-4.0 @v4 b2b_entities:ua_session_list @rpc 3.4-4.0 : | key
=ua_session_reply b2b_entities action 3.4-4.0 @v4 b2b_entities:ua_session_reply @rpc 3.4-4.0 #code : key method code
 reason | key method code reason body | key method code reason extra_headers | key method code reason body
 content_type | key method code reason body extra_headers | key method code reason body content_type extra_headers
=ua_session_terminate b2b_entities action 3.4-4.0 @v4 b2b_entities:ua_session_terminate @rpc 3.4-4.0 : key | key
 extra_headers
=ua_session_update b2b_entities action 3.4-4.0 @v4 b2b_entities:ua_session_update @rpc 3.4-4.0 : key method | key
 method body | key method extra_headers | key method body content_type | key method body extra_headers | key method
 body content_type extra_headers
=ul_add usrloc write 1.4-4.0 @v4 usrloc:add @old AOR=aor Q=q unused=unsused @line 1.4-2.4 : table_name aor contact
 expires q unsused=0 flags cflags methods @rpc 3.0-3.0 #cflags #expires #flags #methods : table_name aor contact
 expires q unsused=0 flags cflags methods @rpc 3.1-3.3 #cflags #expires #flags #methods : table_name aor contact
 expires q flags cflags methods | table_name aor contact expires q unsused=0 flags cflags methods @rpc 3.4-4.0 #cflags
 #expires #flags #methods : table_name aor contact expires q flags cflags methods
=ul_cluster_sync usrloc action 2.4-4.0 @v4 usrloc:cluster_sync @line 2.4-2.4 : @rpc 3.0-4.0 :
=ul_dump usrloc read 1.4-4.0 @v4 usrloc:dump @line 1.4-2.4 : | brief! @rpc 3.0-4.0 #brief : | brief
=ul_flush usrloc action 1.4-4.0 @v4 usrloc:flush @line 1.4-2.4 : @rpc 3.0-4.0 :
=ul_rm usrloc write 1.4-4.0 @v4 usrloc:rm @old AOR=aor @line 1.4-2.4 : table_name aor @rpc 3.0-4.0 : table_name aor
=ul_rm_contact usrloc write 1.4-4.0 @v4 usrloc:rm_contact @old AOR=aor @line 1.4-2.4 : table_name aor contact @rpc
 3.0-4.0 : table_name aor contact
=ul_show_contact usrloc read 1.4-4.0 @v4 usrloc:show_contact @old AOR=aor @line 1.4-2.4 : table_name aor @rpc 3.0-4.0
 : table_name aor
=ul_sync usrloc action 1.8-4.0 @v4 usrloc:sync @line 1.8-2.4 : table_name | table_name aor @rpc 3.0-4.0 : table_name |
 table_name aor
=uptime core read 1.4-4.0 @v4 core:uptime @line 1.4-2.4 : @rpc 3.0-4.0 :
=version core read 1.4-4.0 @v4 core:version @line 1.4-2.4 : @rpc 3.0-4.0 : | revision
=watch lua dual 1.8-4.0 @v4 lua:watch @dual min=2 named=action first=add,delete @line 1.8-2.4 : | action extension
 @rpc 3.0-4.0 : | action extension
=which core read 1.4-4.0 @v4 core:which @line 1.4-2.4 : @rpc 3.0-4.0 : | command
=ws_trace proto_ws dual 2.3-4.0 @v4 ws:trace @dual min=1 named=trace_mode @line 2.3-2.4 : | trace_mode @rpc 3.0-4.0 :
 | trace_mode
=wss_trace proto_wss dual 2.3-4.0 @v4 wss:trace @dual min=1 named=trace_mode @line 2.3-2.4 : | trace_mode @rpc 3.0-4.0
 : | trace_mode
=xlog_level core dual 3.0-4.0 @v4 core:xlog_level @dual min=1 named=level @rpc 3.0-4.0 #level : | level
="""
